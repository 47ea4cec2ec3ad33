import { isProblem, problemText } from '@/app/problem';
import { useI18n } from '@/i18n';
import type { Code } from '@/sync/wire';
import css from './page.module.css';

/** What a refusal means here, where it means something special. */
export type Refused = { readonly [C in Code]?: string };

/** Why something did not work; nothing where it did. */
export function Problem({ error, refused }: { error: unknown; refused?: Refused | undefined }) {
  const { t } = useI18n();
  if (error === null || error === undefined) return null;
  return (
    <p role="alert" className={css.error}>
      {(isProblem(error) && refused?.[error.code]) || problemText(error, t)}
    </p>
  );
}
