import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { type ReactNode, useRef } from 'react';
import { useI18n } from '@/i18n';
import { IconButton } from './Button';
import css from './dialog.module.css';

export interface DialogProps {
  open: boolean;
  onClose(): void;
  title: string;
  /** Below the title; read out when it opens. */
  text?: ReactNode;
  children?: ReactNode;
  /** The buttons at its end. */
  actions?: ReactNode;
  wide?: boolean;
}

const TEXT = 'input:is(:not([type]), [type="text"], [type="email"]):not(:disabled)';

/** A window over the page. Focus goes in and comes back; Escape and a click outside close it. */
export default function DialogWindow({ open, onClose, title, text, children, actions, wide }: DialogProps) {
  const { t } = useI18n();
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup
          ref={popup}
          className={`${css.popup} ${wide ? css.wide : ''}`}
          // Whoever is asked for a name can write it at once.
          initialFocus={() => popup.current?.querySelector<HTMLElement>(TEXT) ?? true}
        >
          <header className={css.head}>
            <Base.Title className={css.title}>{title}</Base.Title>
            <IconButton label={t('common.close')} icon={<X />} small onClick={onClose} />
          </header>
          {text && <Base.Description className={css.text}>{text}</Base.Description>}
          {children}
          {actions && <footer className={css.actions}>{actions}</footer>}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
