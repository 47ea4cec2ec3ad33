/** Short messages at the edge of the page, which go by themselves. */
import { Toast as Base } from '@base-ui/react/toast';
import { X } from 'lucide-react';
import { useI18n } from '@/i18n';
import { IconButton } from './Button';
import css from './toast.module.css';

const toasts = Base.createToastManager();

interface Toast {
  text: string;
  tone?: 'plain' | 'warning' | 'danger';
  /** One thing to do about it, such as to undo it. */
  action?: { label: string; run(): void };
  /** The newest of those with one id stands in the place of the one before. */
  id?: string;
  /** How long it stays, in milliseconds; 0 keeps it. */
  stays?: number;
}

export function showToast({ text, tone = 'plain', action, id, stays = 5_000 }: Toast): string {
  const shown = toasts.add({
    description: text,
    type: tone,
    timeout: stays,
    priority: tone === 'plain' ? 'low' : 'high',
    ...(id ? { id } : {}),
    ...(action ? { actionProps: { children: action.label, onClick: action.run } } : {}),
  });
  return shown;
}

export function hideToast(id: string) {
  toasts.close(id);
}

export function Toasts() {
  return (
    <Base.Provider toastManager={toasts} limit={3}>
      <Base.Portal>
        <Base.Viewport className={css.viewport}>
          <List />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

function List() {
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
