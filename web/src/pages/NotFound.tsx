import { Compass } from 'lucide-react';
import { useLocation } from 'wouter';
import { Frame } from '@/app/Frame';
import { paths } from '@/app/paths';
import { useI18n } from '@/i18n';
import { Button } from '@/ui/Button';
import { Empty } from '@/ui/Empty';

export default function NotFound() {
  const { t } = useI18n();
  const [, go] = useLocation();
  return (
    <Frame title={t('common.not_found_title')}>
      <Empty icon={<Compass />} title={t('common.not_found_title')} text={t('common.not_found_text')}>
        <Button look="primary" onClick={() => go(paths.home)}>
          {t('common.back_home')}
        </Button>
      </Empty>
    </Frame>
  );
}
