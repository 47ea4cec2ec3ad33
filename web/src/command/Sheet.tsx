/** All shortcuts that work now. */
import { useI18n } from '@/i18n';
import { Dialog } from '@/ui/Dialog';
import { Keys } from './Keys';
import css from './palette.module.css';
import { type Group, useAllCommands } from './registry';

const GROUPS: readonly Group[] = ['card', 'list', 'calendar', 'board', 'go', 'app'];

export default function Sheet({ onClose }: { onClose(): void }) {
  const { t } = useI18n();
  const commands = useAllCommands();
  return (
    <Dialog open wide onClose={onClose} title={t('command.sheet')}>
      <div className={css.sheet}>
        {GROUPS.map((group) => {
          const some = commands.filter((one) => one.group === group && one.keys);
          if (some.length === 0) return null;
          return (
            <section key={group}>
              <h3>{t(`command.group_${group}`)}</h3>
              <dl>
                {some.map((one) => (
                  <div key={one.id}>
                    <dt>{one.name}</dt>
                    <dd>{one.keys && <Keys keys={one.keys} />}</dd>
                  </div>
                ))}
              </dl>
            </section>
          );
        })}
      </div>
    </Dialog>
  );
}
