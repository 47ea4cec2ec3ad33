/** Says that there is a newer app, and brings it when the user wants it. */
import { useEffect } from 'react';
import { useI18n } from '@/i18n';
import { showToast } from '@/ui/toast';
import { newVersion } from '@/worker/versions';
import { useStore } from './client';

export function useNewVersion() {
  const { t } = useI18n();
  const change = useStore(newVersion);
  useEffect(() => {
    if (!change) return;
    const action = { label: t('pages.reload'), run: change };
    showToast({ id: 'new-version', text: t('pages.new_version'), stays: 0, action });
  }, [change, t]);
}
