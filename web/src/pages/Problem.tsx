import { problemText } from '@/app/problem';
import { useI18n } from '@/i18n';
import css from './page.module.css';

/** Why something did not work; nothing where it did. */
export function Problem({ error }: { error: unknown }) {
  const { t } = useI18n();
  if (error === null || error === undefined) return null;
  return (
    <p role="alert" className={css.error}>
      {problemText(error, t)}
    </p>
  );
}
