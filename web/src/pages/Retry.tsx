/** A page that could not be read: why, and once more. */
import { CloudOff } from 'lucide-react';
import { problemText } from '@/app/problem';
import type { Reading } from '@/app/read';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Empty } from '@/ui/Empty';

export function Retry({ reading }: { reading: Reading<unknown> }) {
  const { t } = useI18n();
  return (
    <Empty icon={<CloudOff />} title={t('pages.not_read')} text={problemText(reading.error, t)}>
      <Button look="primary" onClick={reading.reload}>
        {t('common.retry')}
      </Button>
    </Empty>
  );
}
