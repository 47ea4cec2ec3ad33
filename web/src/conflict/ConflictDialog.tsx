/** Refused edits, one after the other: both values, who and when, and what shall become of each. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useEffect, useState } from 'react';
import { room as roomIn } from '@/board/actions';
import { useBoard, useView } from '@/board/context';
import { type I18n, useI18n } from '@/i18n';
import type { BoardView, Conflict } from '@/sync/api';
import type { Id } from '@/sync/wire';
import { Button, IconButton } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { SelectField } from '@/ui/Field';
import { Compared } from './Compared';
import css from './conflict.module.css';
import { type Choices, decide, firstChoices, isTyped } from './decision';
import { FieldChoice, isWrong, sentText } from './FieldChoice';
import { useResolve } from './useResolve';
import { authorOf, isText, isTwofold, reasonOf, storyOf, subjectOf, textOf } from './words';

interface Props {
  /** At least one. */
  conflicts: readonly [Conflict, ...Conflict[]];
  onClose(): void;
}

/** A question before something goes that stands nowhere else. */
type Question = 'close' | 'discard' | null;

export default function ConflictDialog({ conflicts, onClose }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const { nameOf } = useBoard();
  const view = useView((now) => now);
  const resolve = useResolve();
  const [at, setAt] = useState(0);
  /** What is chosen and typed, of each conflict that one has begun with. */
  const [drafts, setDrafts] = useState<Readonly<Record<Id, Choices>>>({});
  const [target, setTarget] = useState<Id | null>(null);
  const [question, setQuestion] = useState<Question>(null);
  const index = Math.min(at, conflicts.length - 1);
  const conflict = conflicts[index] ?? conflicts[0];
  const story = storyOf(conflict);
  const draft = drafts[conflict.op_id];
  const column = target ?? columnFor(conflict, view);
  const isLosing = conflicts.some((one) => {
    const own = drafts[one.op_id];
    return own !== undefined && isTyped(one, own);
  });
  useAsksBeforeUnload(isLosing);

  const change = (next: Choices | null) => {
    const { [conflict.op_id]: _, ...others } = drafts;
    setDrafts(next ? { ...others, [conflict.op_id]: next } : others);
  };
  const go = (to: number) => {
    setAt(to);
    setTarget(null);
    setQuestion(null);
  };
  const settle = (choice: Parameters<typeof resolve>[1]) => {
    resolve(conflict, choice);
    change(null);
    go(index);
    if (conflicts.length === 1) onClose();
  };
  const send = (choices: Choices) => settle(decide(conflict, sent(choices), column));
  const discard = () => {
    const text = conflict.fields.some(({ field, mine }) => isText(field) && textOf(mine) !== '');
    if (text && story !== 'changed') setQuestion('discard');
    else settle('theirs');
  };
  const close = () => (isLosing && question !== 'close' ? setQuestion('close') : onClose());
  const alone = !isTwofold(conflict);

  return (
    <Dialog
      open
      wide
      onClose={close}
      title={t(`conflict.title_${story}`, { name: subjectOf(conflict, view, t) })}
      text={
        <>
          {t(`conflict.story_${story}`, { name: nameOf(authorOf(conflict)) })}
          {story === 'refused' && ` ${reasonOf(conflict, view, t)}`}
        </>
      }
      actions={
        question ? (
          <Asked
            question={question}
            onBack={() => setQuestion(null)}
            onGo={question === 'close' ? onClose : () => settle('theirs')}
          />
        ) : draft ? (
          <>
            <Button onClick={() => change(null)}>{t('common.cancel')}</Button>
            <Button
              look="primary"
              disabled={conflict.fields.some(({ field }) => isWrong(field, draft[field]))}
              onClick={() => send(draft)}
            >
              {t('conflict.send_edited')}
            </Button>
          </>
        ) : (
          <>
            <Button onClick={discard}>{t(`conflict.theirs_${story}`)}</Button>
            {mayChoose(conflict) && (
              <Button onClick={() => change(firstChoices(conflict))}>
                {t(conflict.fields.length > 1 ? 'conflict.choose_each' : 'common.edit')}
              </Button>
            )}
            <Button look={story === 'deleting' ? 'danger' : 'primary'} onClick={() => send({})}>
              {t(`conflict.mine_${story}`)}
            </Button>
          </>
        )
      }
    >
      {conflicts.length > 1 && <Steps {...{ index, count: conflicts.length, go }} />}
      <div className={css.fields}>
        {conflict.fields.map((field) => (
          <section key={field.field} className={css.field}>
            {(!draft || isText(field.field)) && <Compared field={field} alone={alone} />}
            {draft?.[field.field] && (
              <FieldChoice
                field={field}
                choice={draft[field.field] ?? { take: 'mine' }}
                both={!alone}
                onChange={(choice) => change({ ...draft, [field.field]: choice })}
              />
            )}
          </section>
        ))}
        {conflict.op.kind === 'task.create' && view && column && (
          <SelectField label={t('conflict.into')} value={column} onChange={(event) => setTarget(event.target.value)}>
            {view.columns.map((one) => (
              <option key={one.id} value={one.id} disabled={roomIn(view, one.id) === 0}>
                {one.name}
              </option>
            ))}
          </SelectField>
        )}
      </div>
    </Dialog>
  );
}

function Asked(props: { question: 'close' | 'discard'; onBack(): void; onGo(): void }) {
  const { t } = useI18n();
  const { question, onBack, onGo } = props;
  return (
    <>
      <p className={css.question} role="alert">
        {t(`conflict.ask_${question}`)}
      </p>
      <Button autoFocus onClick={onBack}>
        {t('conflict.ask_back')}
      </Button>
      <Button look="danger" onClick={onGo}>
        {t(`conflict.ask_${question}_yes`)}
      </Button>
    </>
  );
}

function Steps({ index, count, go }: { index: number; count: number; go(to: number): void }) {
  const { t, dir }: I18n = useI18n();
  const [Before, After] = dir === 'rtl' ? [ChevronRight, ChevronLeft] : [ChevronLeft, ChevronRight];
  return (
    <div className={css.steps}>
      <IconButton
        small
        label={t('conflict.step_before')}
        icon={<Before />}
        disabled={index === 0}
        onClick={() => go(index - 1)}
      />
      <span aria-live="polite">{t('conflict.step', { index: index + 1, total: count })}</span>
      <IconButton
        small
        label={t('conflict.step_after')}
        icon={<After />}
        disabled={index === count - 1}
        onClick={() => go(index + 1)}
      />
    </div>
  );
}

/** Where there is more to choose than mine or theirs. A task that is gone comes back first, and is edited then. */
function mayChoose(conflict: Conflict): boolean {
  const story = storyOf(conflict);
  if (story === 'deleting' || story === 'deleted') return false;
  return conflict.fields.length > 1 || conflict.fields.some(({ field }) => isText(field) || field.endsWith('_ids'));
}

function sent(choices: Choices): Choices {
  return Object.fromEntries(
    Object.entries(choices).map(([field, choice]) => {
      return [field, 'text' in choice ? { text: sentText(field, choice.text) } : choice];
    }),
  );
}

/** Where a new task can go: where it was meant to be, or else the first column that has room. */
function columnFor({ op }: Conflict, view: BoardView | null): Id | null {
  if (op.kind !== 'task.create' || !view) return null;
  const free = view.columns.filter((column) => roomIn(view, column.id) > 0);
  return (free.find((column) => column.id === op.column_id) ?? free[0])?.id ?? null;
}

/** The browser asks before the page goes with what was typed here. */
function useAsksBeforeUnload(isLosing: boolean): void {
  useEffect(() => {
    if (!isLosing) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [isLosing]);
}
