import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react';
import css from './button.module.css';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  small?: boolean;
  /** Shows that it works, and takes no clicks meanwhile. */
  busy?: boolean;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ look = 'plain', small, busy, className, children, disabled, ...rest }: Props) {
  const classes = [css.button, css[look], small && css.small, className].filter(Boolean).join(' ');
  return (
    <button type="button" {...rest} className={classes} disabled={disabled || busy} aria-busy={busy || undefined}>
      {children}
    </button>
  );
}

interface IconProps extends Omit<Props, 'children'> {
  /** Said to screen readers, and shown as a tip. */
  label: string;
  icon: ReactNode;
}

export function IconButton({ label, icon, look = 'quiet', className, ...rest }: IconProps) {
  return (
    <Button {...rest} look={look} aria-label={label} title={label} className={`${css.icon} ${className ?? ''}`}>
      {icon}
    </Button>
  );
}
