/** What shall stand in one field: typed from both texts, or chosen. */
import { useId } from 'react';
import { COLUMN_NAME_MAX, TITLE_MAX, TITLE_MIN } from '@/board/actions';
import { useBoard } from '@/board/context';
import { oneLine } from '@/board/text';
import { useI18n } from '@/i18n';
import type { Conflict } from '@/sync/api';
import { Button } from '@/ui/Button';
import { TextArea } from '@/ui/Field';
import css from './conflict.module.css';
import { type Choice, isList } from './decision';
import { usePlain } from './usePlain';
import { fieldName, isText, textOf } from './words';

type Field = Conflict['fields'][number];

/** As many characters as the server takes. */
const LENGTHS: Record<string, { min: number; max: number }> = {
  title: { min: TITLE_MIN, max: TITLE_MAX },
  name: { min: 1, max: COLUMN_NAME_MAX },
  description: { min: 0, max: 50_000 },
};

/** As it is sent: a title is one line. */
export const sentText = (field: string, text: string) => (field === 'description' ? text : oneLine(text));

export function isWrong(field: string, choice: Choice | undefined): boolean {
  const length = LENGTHS[field];
  if (!length || !choice || !('text' in choice)) return false;
  const count = [...sentText(field, choice.text)].length;
  return count < length.min || count > length.max;
}

interface Props {
  field: Field;
  choice: Choice;
  /** There is another text to begin from. */
  both: boolean;
  onChange(choice: Choice): void;
}

export function FieldChoice(props: Props) {
  return isText(props.field.field) ? <Typed {...props} /> : <Chosen {...props} />;
}

function Typed({ field, choice, both, onChange }: Props) {
  const { t } = useI18n();
  const text = 'text' in choice ? choice.text : '';
  const { min, max } = LENGTHS[field.field] ?? { min: 0, max: 0 };
  return (
    <div className={css.typed}>
      <TextArea
        label={t('conflict.edit_field', { field: fieldName(field.field, t) })}
        rows={field.field === 'description' ? 8 : 2}
        value={text}
        error={isWrong(field.field, choice) ? t('conflict.length', { min, max }) : undefined}
        onChange={(event) => onChange({ text: event.target.value })}
      />
      {both && (
        <div className={css.starts}>
          <Button small look="quiet" onClick={() => onChange({ text: textOf(field.mine) })}>
            {t('conflict.from_mine')}
          </Button>
          <Button small look="quiet" onClick={() => onChange({ text: textOf(field.theirs) })}>
            {t('conflict.from_theirs')}
          </Button>
        </div>
      )}
    </div>
  );
}

function Chosen({ field, choice, onChange }: Props) {
  const { t } = useI18n();
  const plain = usePlain();
  const { nameOf } = useBoard();
  const name = useId();
  const author = field.by?.actor_id;
  const label = (take: 'mine' | 'theirs' | 'both') =>
    take === 'theirs' && author ? t('conflict.take_of', { name: nameOf(author) }) : t(`conflict.take_${take}`);
  const options = isList(field.field) ? (['mine', 'theirs', 'both'] as const) : (['mine', 'theirs'] as const);
  return (
    <fieldset className={css.options}>
      <legend className={css.fieldName}>{fieldName(field.field, t)}</legend>
      {options.map((take) => (
        <label key={take} className={css.option}>
          <input
            type="radio"
            name={name}
            checked={'take' in choice && choice.take === take}
            onChange={() => onChange({ take })}
          />
          <span>{label(take)}</span>
          {take !== 'both' && <bdi className={css.optionValue}>{plain(field.field, field[take])}</bdi>}
        </label>
      ))}
    </fieldset>
  );
}
