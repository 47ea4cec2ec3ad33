import { useI18n } from '@/i18n';
import type { Id, Person } from '@/sync/wire';
import css from './avatar.module.css';

/** Hues that stay apart for eyes that see fewer of them. */
const HUES = [174, 262, 22, 212, 330, 95, 290, 45, 195, 0];

/** The same person has the same colour everywhere: a hue in degrees. */
export function hueOf(id: Id): number {
  let sum = 0;
  for (const sign of id) sum = (sum * 31 + sign.charCodeAt(0)) >>> 0;
  return HUES[sum % HUES.length] ?? 0;
}

/** For the ring, the cursor and the name of a person: sets `--hue`, which the style sheets make colours of. */
export function personStyle(id: Id): Record<string, string> {
  return { '--hue': String(hueOf(id)) };
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => [...(word ?? '?')][0]?.toUpperCase() ?? '').join('\u200c');
}

interface Props {
  person: Person & { avatar?: string | null };
  size?: 'small' | 'medium' | 'large';
  /** The name stands beside it already. */
  decorative?: boolean;
}

/** A person's picture, or the first letters of their name. */
export function Avatar(props: Props) {
  const { person, size = 'medium', decorative } = props;
  const said = decorative ? { 'aria-hidden': true } : { role: 'img', 'aria-label': person.name };
  return (
    <span className={`${css.avatar} ${css[size]}`} style={personStyle(person.id)} title={person.name} {...said}>
      {person.avatar ? <img src={person.avatar} alt="" className={css.picture} /> : initials(person.name)}
    </span>
  );
}

/** Several, one over the other; the rest as a number. */
export function AvatarStack(props: { people: readonly Person[]; max?: number; size?: 'small' | 'medium' }) {
  const { people, max = 4, size = 'medium' } = props;
  const { t, number } = useI18n();
  const shown = people.length > max ? people.slice(0, max - 1) : people;
  const rest = people.slice(shown.length);
  return (
    <span className={css.stack}>
      {shown.map((person) => (
        <Avatar key={person.id} person={person} size={size} />
      ))}
      {rest.length > 0 && (
        <span
          dir="ltr"
          className={`${css.avatar} ${css[size]} ${css.rest}`}
          title={rest.map((person) => person.name).join(t('task.comma'))}
        >
          +{number(rest.length)}
        </span>
      )}
    </span>
  );
}
