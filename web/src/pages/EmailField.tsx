import { useI18n } from '@/i18n';
import { TextField } from '@/ui/Field';

interface Props {
  value: string;
  onChange(value: string): void;
  error?: string | undefined;
  autoFocus?: boolean;
}

/** The e-mail that somebody signs in with. */
export function EmailField({ value, onChange, error, autoFocus = false }: Props) {
  const { t } = useI18n();
  return (
    <TextField
      label={t('account.email')}
      type="email"
      name="email"
      dir="ltr"
      autoComplete="username"
      required
      autoFocus={autoFocus}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      error={error}
    />
  );
}
