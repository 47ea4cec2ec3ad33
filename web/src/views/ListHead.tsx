import { ArrowDown, ArrowUp } from 'lucide-react';
import { useI18n } from '@/i18n';
import { type Arrangement, resorted, type SortKey } from './list';
import css from './list.module.css';

/** The columns in their order; some can't be sorted by, as the order of what they show means nothing. */
const HEADS = ['number', 'title', 'column', 'priority', 'assignees', 'due', 'points', 'updated'] as const;

export function ListHead({ arrangement, onChange }: { arrangement: Arrangement; onChange(next: Arrangement): void }) {
  const { t } = useI18n();
  return (
    <thead className={css.head}>
      <tr className={css.headRow}>
        {HEADS.map((head) =>
          head === 'column' || head === 'assignees' ? (
            <th key={head} scope="col" data-head={head}>
              <span className={css.headName}>{t(`task.${head}`)}</span>
            </th>
          ) : (
            <Sorted key={head} {...{ head, arrangement, onChange }} />
          ),
        )}
      </tr>
    </thead>
  );
}

function Sorted(props: { head: SortKey; arrangement: Arrangement; onChange(next: Arrangement): void }) {
  const { head, arrangement, onChange } = props;
  const { t } = useI18n();
  const { sort, descending } = arrangement;
  const own = sort === head;
  const Arrow = descending ? ArrowDown : ArrowUp;
  return (
    <th scope="col" data-head={head} aria-sort={own ? (descending ? 'descending' : 'ascending') : undefined}>
      <button type="button" className={css.headName} onClick={() => onChange(resorted(arrangement, head))}>
        {t(`views.sort_${head}`)}
        {own && <Arrow aria-hidden />}
      </button>
    </th>
  );
}
