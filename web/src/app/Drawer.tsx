/** The sidebar on a phone: comes from the side where lines begin, over the page. */
import { Dialog } from '@base-ui/react/dialog';
import { useI18n } from '@/i18n';
import { Sidebar } from './Sidebar';
import css from './shell.module.css';
import { drawerOpen } from './sidebar';

export default function Drawer({ open }: { open: boolean }) {
  const { t } = useI18n();
  return (
    <Dialog.Root open={open} onOpenChange={(next) => drawerOpen.set(next)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={css.backdrop} />
        <Dialog.Popup className={css.drawer} aria-label={t('pages.sidebar')}>
          <Sidebar />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
