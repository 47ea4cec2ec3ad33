/** One of a few, all of which are seen: arrows go from one to the next, as among radio buttons. */
import { useId } from 'react';
import css from './choice.module.css';

interface Props<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; name: string; lang?: string }[];
  onChange(value: T): void;
  /** The label is for screen readers alone. */
  bare?: boolean;
}

export function Choice<T extends string>({ label, value, options, onChange, bare }: Props<T>) {
  const name = useId();
  return (
    <fieldset className={css.choice}>
      <legend className={bare ? 'visually-hidden' : css.label}>{label}</legend>
      <div className={css.options}>
        {options.map((option) => (
          <label key={option.value} className={css.option} lang={option.lang}>
            <input
              type="radio"
              className="visually-hidden"
              name={name}
              value={option.value}
              checked={option.value === value}
              onChange={() => onChange(option.value)}
            />
            {option.name}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
