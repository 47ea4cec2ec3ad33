import { Eye, EyeOff } from 'lucide-react';
import { type KeyboardEvent, useState } from 'react';
import { useI18n } from '@/i18n';
import { IconButton } from '@/ui/Button';
import { TextField } from '@/ui/Field';
import css from './password-field.module.css';

interface Props {
  value: string;
  onChange(value: string): void;
  autoComplete: 'current-password' | 'new-password';
  hint?: string;
  error: string | undefined;
}

/** A password that can be looked at; says when the caps lock is on. */
export function PasswordField({ value, onChange, autoComplete, hint, error }: Props) {
  const { t } = useI18n();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const look = (event: KeyboardEvent) => setCaps(event.getModifierState('CapsLock'));
  return (
    <div className={css.field}>
      <TextField
        label={t('account.password')}
        type={shown ? 'text' : 'password'}
        name="password"
        dir="ltr"
        autoComplete={autoComplete}
        required
        className={css.control}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={look}
        onKeyUp={look}
        hint={caps ? t('account.caps') : hint}
        error={error}
      />
      <IconButton
        small
        className={css.eye ?? ''}
        label={t(shown ? 'account.hide_password' : 'account.show_password')}
        icon={shown ? <EyeOff /> : <Eye />}
        onClick={() => setShown(!shown)}
      />
    </div>
  );
}
