/** Oneself: name, picture, language, appearance, and where one is signed in. */
import { LogOut } from 'lucide-react';
import { useStore } from '@/app/client';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { askSignOut } from '@/app/sign-out';
import { useI18n } from '@/i18n';
import { changesOn, cursorsOn, type Setting } from '@/together/settings';
import { Button } from '@/ui/Button';
import { Appearance } from './Appearance';
import css from './page.module.css';
import { Sessions } from './Sessions';
import { You } from './You';

export default function Profile() {
  const { t } = useI18n();
  return (
    <Frame
      title={t('common.profile')}
      crumbs={[{ name: t('common.home'), to: paths.home }]}
      actions={
        <Button look="quiet" small onClick={askSignOut}>
          <LogOut aria-hidden />
          {t('common.sign_out')}
        </Button>
      }
    >
      <div className={`${css.stack} ${css.middle}`}>
        <You />
        <Appearance />
        <section className={css.section}>
          <div className={css.sectionHead}>
            <h2>{t('account.together_section')}</h2>
          </div>
          <div className={css.panel}>
            <Switch setting={cursorsOn} label={t('together.show_cursors')} />
            <Switch setting={changesOn} label={t('together.tell_changes')} />
          </div>
        </section>
        <Sessions />
      </div>
    </Frame>
  );
}

function Switch({ setting, label }: { setting: Setting; label: string }) {
  return (
    <label className={css.switch}>
      <input type="checkbox" checked={useStore(setting)} onChange={(event) => setting.set(event.target.checked)} />
      {label}
    </label>
  );
}
