/** The way in without an account, where the server offers one. */
import { Sparkles } from 'lucide-react';
import { useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import css from './auth-page.module.css';
import { Problem } from './Problem';

export function Demonstration() {
  const { t, locale } = useI18n();
  const { auth } = useClient();
  const [, go] = useLocation();
  const visit = useAction();
  const enter = async () => {
    const { board_id } = await auth.visitDemo(locale);
    go(paths.board(board_id), { replace: true });
  };
  return (
    <div className={css.demo}>
      <p>{t('account.demo_text')}</p>
      <Button busy={visit.busy} onClick={() => void visit.run(enter)}>
        <Sparkles aria-hidden />
        {t('account.demo')}
      </Button>
      <Problem error={visit.error} />
    </div>
  );
}
