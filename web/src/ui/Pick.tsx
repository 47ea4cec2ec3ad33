/** Several of many, found by letters: a field, and below it what fits, each on or off. */
import { Popover } from '@base-ui/react/popover';
import { Command as Cmdk } from 'cmdk';
import { Check } from 'lucide-react';
import { type ReactElement, type ReactNode, useState } from 'react';
import { score } from '@/filter/score';
import { useI18n } from '@/i18n';
import css from './pick.module.css';

interface Option {
  id: string;
  name: string;
  icon?: ReactNode;
}

interface Props {
  trigger: ReactElement;
  label: string;
  options: readonly Option[];
  chosen: readonly string[];
  onToggle(id: string, on: boolean): void;
}

export function Pick(props: Props) {
  const [open, setOpen] = useState(false);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger render={props.trigger} />
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} align="start" collisionPadding={8} className={css.positioner}>
          <Popover.Popup className={css.popup} aria-label={props.label}>
            <Options {...props} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

function Options({ label, options, chosen, onToggle }: Props) {
  const { t } = useI18n();
  // Those that were chosen when it opened stand first, and stay there.
  const [sorted] = useState(() => {
    const on = new Set(chosen);
    return options.toSorted((a, b) => Number(on.has(b.id)) - Number(on.has(a.id)));
  });
  return (
    <Cmdk label={label} filter={score} loop>
      <Cmdk.Input className={css.input} dir="auto" placeholder={t('task.find', { what: label })} />
      <Cmdk.List className={css.list} aria-multiselectable>
        <Cmdk.Empty className={css.empty}>{t('command.nothing')}</Cmdk.Empty>
        {sorted.map(({ id, name, icon }) => {
          const on = chosen.includes(id);
          return (
            <Cmdk.Item key={id} value={`${name} ${id}`} className={css.option} onSelect={() => onToggle(id, !on)}>
              {icon}
              <bdi className={css.name}>{name}</bdi>
              {on && <Check role="img" aria-label={t('board.card_selected')} />}
            </Cmdk.Item>
          );
        })}
      </Cmdk.List>
    </Cmdk>
  );
}
