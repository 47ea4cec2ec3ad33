/** Says what others have done, in as few words as tell it. */
import { fieldName } from '@/conflict/words';
import type { I18n } from '@/i18n';
import type { Id } from '@/sync/wire';
import type { Change } from './changes';

export interface Speaker {
  i18n: Pick<I18n, 't' | 'dir'>;
  nameOf(id: Id | null): string;
  columnName(id: Id): string;
}

const TITLE_MAX = 48;

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const LEFT_TO_RIGHT = /[A-Za-z\u00c0-\u058f]/;

/** Text that runs the other way than the sentence it stands in: Unicode keeps it from turning what is around it. */
function isolated(text: string, { i18n: { dir } }: Speaker): string {
  return (dir === 'rtl' ? LEFT_TO_RIGHT : RIGHT_TO_LEFT).test(text) ? `\u2068${text}\u2069` : text;
}

function shortened(title: string, speaker: Speaker): string {
  const letters = [...title];
  const short =
    letters.length > TITLE_MAX
      ? `${letters
          .slice(0, TITLE_MAX - 1)
          .join('')
          .trimEnd()}…`
      : title;
  return isolated(short, speaker);
}

/** All of `changes` in one text; empty where there are none. */
export function sentenceOf(changes: readonly Change[], speaker: Speaker): string {
  const { t } = speaker.i18n;
  const groups = grouped(changes);
  const [first, second, third] = groups;
  if (!first) return '';
  if (!second) return groupText(first, speaker);
  if (!third) return t('together.two', { first: groupText(first, speaker), second: groupText(second, speaker) });
  const who = names(new Set(changes.flatMap((change) => change.actors)), speaker);
  return t('together.many', { who, count: changes.length });
}

/** What was done to the one task that one has open. */
export function openSentence(change: Change, speaker: Speaker): string {
  const { t } = speaker.i18n;
  const who = names(new Set(change.actors), speaker);
  switch (change.deed) {
    case 'moved':
      return t('together.open_moved', { who, column: isolated(speaker.columnName(change.to ?? ''), speaker) });
    case 'changed': {
      const fields = change.fields.map((field) => fieldName(field, t));
      return t('together.open_changed', { who, fields: listed(fields, speaker) });
    }
    default:
      return t(`together.open_${change.deed}`, { who });
  }
}

/** The same done by the same to several cards is one thing to say. */
function grouped(changes: readonly Change[]): readonly (readonly Change[])[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) {
    const to = change.deed === 'moved' ? change.to : null;
    const key = JSON.stringify([change.thing, change.deed, to, [...change.actors].sort()]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  return [...groups.values()];
}

function groupText(group: readonly Change[], speaker: Speaker): string {
  const { t } = speaker.i18n;
  const [change] = group;
  if (!change) return '';
  const who = names(new Set(change.actors), speaker);
  const count = group.length;
  const title = shortened(change.title, speaker);
  const isOne = count === 1 && change.title !== '';
  if (change.thing === 'column') {
    const deed = change.deed === 'restored' ? 'created' : change.deed;
    return isOne ? t(`together.column_${deed}`, { who, title }) : t('together.columns', { who, count });
  }
  if (change.deed === 'moved') {
    const column = isolated(speaker.columnName(change.to ?? ''), speaker);
    return isOne ? t('together.moved', { who, title, column }) : t('together.moved_many', { who, count, column });
  }
  return isOne ? t(`together.${change.deed}`, { who, title }) : t(`together.${change.deed}_many`, { who, count });
}

/** "Sara", "Sara and Omid", "Sara, Omid and 2 others". */
function names(ids: ReadonlySet<Id | null>, speaker: Speaker): string {
  const all = [...new Set([...ids].map((id) => speaker.nameOf(id)))].map((name) => isolated(name, speaker));
  if (all.length <= 2) return listed(all, speaker);
  const { t } = speaker.i18n;
  return t('together.and_others', { names: all.slice(0, 2).join(t('task.comma')), count: all.length - 2 });
}

function listed(words: readonly string[], { i18n: { t } }: Speaker): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : words.slice(0, -1).join(t('task.comma')) + t('task.and') + last;
}
