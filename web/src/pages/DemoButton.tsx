/** Opens a workspace of one's own in which simulated colleagues are at work. */
import { Sparkles } from 'lucide-react';
import { useLocation } from 'wouter';
import { useAction } from '@/app/action';
import { useClient } from '@/app/client';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { Button } from '@/ui/Button';
import { Problem } from './Problem';

export function DemoButton({ look }: { look: 'plain' | 'quiet' }) {
  const { t, locale } = useI18n();
  const { rest, auth } = useClient();
  const [, go] = useLocation();
  const action = useAction();
  const open = async () => {
    const { board_id } = await rest.post<{ board_id: Id }>('/demo', { locale });
    await auth.reload();
    go(paths.board(board_id));
  };
  return (
    <>
      <Button look={look} busy={action.busy} onClick={() => void action.run(open)}>
        <Sparkles aria-hidden />
        {t('pages.demo')}
      </Button>
      <Problem error={action.error} />
    </>
  );
}
