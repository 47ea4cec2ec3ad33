/** The messages that are shown now. */
import { Toast as Base } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { useI18n } from '@/i18n';
import { IconButton } from './Button';
import { type Toast, waitingToasts } from './toast';
import css from './toast.module.css';

const toasts = Base.createToastManager();

function add({ text, tone = 'plain', action, id, stays = 5_000 }: Toast) {
  toasts.add({
    description: text,
    type: tone,
    timeout: stays,
    priority: tone === 'plain' ? 'low' : 'high',
    ...(id ? { id } : {}),
    ...(action ? { actionProps: { children: action.label, onClick: action.run } } : {}),
  });
}

function take() {
  const waiting = waitingToasts.get();
  if (waiting.length === 0) return;
  waitingToasts.set([]);
  for (const toast of waiting) add(toast);
}

export function ToastList() {
  // After the provider listens: effects run from the inside out.
  useEffect(() => {
    take();
    return waitingToasts.subscribe(take);
  }, []);
  return (
    <Base.Provider toastManager={toasts} limit={3}>
      <Base.Portal>
        <Base.Viewport className={css.viewport}>
          <Shown />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function Shown() {
  const { t } = useI18n();
  const { toasts: shown } = Base.useToastManager();
  return shown.map((toast) => (
    <Base.Root key={toast.id} toast={toast} className={`${css.toast} ${css[toast.type ?? 'plain'] ?? ''}`}>
      <Base.Description className={css.text} />
      {toast.actionProps && <Base.Action className={css.action} />}
      <Base.Close render={<IconButton label={t('common.close')} icon={<X />} small className={css.close ?? ''} />} />
    </Base.Root>
  ));
}
