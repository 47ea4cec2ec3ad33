/** On a card: a ring and the name of who drags or edits it, and small faces of who has it open. Takes no room of its own. */
import { Hand, Pencil } from 'lucide-react';
import { useBoard } from '@/board/context';
import { type I18n, useI18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import { AvatarStack, personStyle } from '@/ui/Avatar';
import css from './card-marks.module.css';
import { type Mark, useMarks } from './marks';

const FACES_MAX = 3;

export function CardMarks({ taskId }: { taskId: Id }) {
  const i18n = useI18n();
  const { me } = useBoard();
  const marks = useMarks(taskId);
  const [first] = marks;
  if (!first) return null;
  const busy = first.activity === 'viewing' ? null : first;
  return (
    <span className={css.marks} data-busy={busy?.activity} style={personStyle(first.user.id)} data-testid="card-marks">
      <span className={css.tag}>
        {busy ? (
          <span className={css.name} aria-hidden>
            {busy.activity === 'dragging' ? <Hand /> : <Pencil />}
            <bdi>{busy.user.id === me.id ? i18n.t('together.you') : busy.user.name}</bdi>
            {marks.length > 1 && <span>+{i18n.number(marks.length - 1)}</span>}
          </span>
        ) : (
          <span className={css.faces} aria-hidden>
            <AvatarStack people={marks.map((mark) => mark.user)} max={FACES_MAX} size="small" />
          </span>
        )}
        <span className="visually-hidden">{marks.map((mark) => saidOf(mark, me.id, i18n)).join('. ')}</span>
      </span>
    </span>
  );
}

function saidOf({ user, activity }: Mark, me: Id, { t }: I18n): string {
  return t(`together.card_${activity}`, { name: user.id === me ? t('together.you') : user.name });
}
