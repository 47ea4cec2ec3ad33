import { shown } from './keys';
import css from './palette.module.css';

/** A shortcut as keys that one sees on the keyboard. */
export function Keys({ keys }: { keys: string }) {
  const signs = shown(keys).map((sign, place) => ({ sign, place }));
  return (
    <span className={css.keys} dir="ltr">
      {signs.map(({ sign, place }) => (
        <kbd key={place}>{sign}</kbd>
      ))}
    </span>
  );
}
