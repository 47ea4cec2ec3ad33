import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import css from './field.module.css';

interface Labelled {
  label: string;
  /** Said below, where there is no error. */
  hint?: ReactNode;
  error?: string | undefined;
  /** Shows the control alone; the label is for screen readers. */
  bare?: boolean;
}

function Frame(props: Labelled & { id: string; children: ReactNode }) {
  const { label, hint, error, bare, id, children } = props;
  return (
    <div className={css.field}>
      <label htmlFor={id} className={bare ? 'visually-hidden' : css.label}>
        {label}
      </label>
      {children}
      {(error || hint) && (
        <p id={`${id}-note`} className={error ? css.error : css.hint} role={error ? 'alert' : undefined}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}

function described(id: string, { error, hint }: Labelled) {
  return { id, 'aria-invalid': error ? true : undefined, 'aria-describedby': error || hint ? `${id}-note` : undefined };
}

export function TextField(props: Labelled & InputHTMLAttributes<HTMLInputElement> & { ref?: Ref<HTMLInputElement> }) {
  const { label, hint, error, bare, className, ...rest } = props;
  const id = useId();
  return (
    <Frame {...{ label, hint, error, bare: bare ?? false, id }}>
      <input dir="auto" {...rest} {...described(id, props)} className={`${css.control} ${className ?? ''}`} />
    </Frame>
  );
}

export function TextArea(
  props: Labelled & TextareaHTMLAttributes<HTMLTextAreaElement> & { ref?: Ref<HTMLTextAreaElement> },
) {
  const { label, hint, error, bare, className, ...rest } = props;
  const id = useId();
  return (
    <Frame {...{ label, hint, error, bare: bare ?? false, id }}>
      <textarea
        dir="auto"
        {...rest}
        {...described(id, props)}
        className={`${css.control} ${css.area} ${className ?? ''}`}
      />
    </Frame>
  );
}

export function SelectField(
  props: Labelled & SelectHTMLAttributes<HTMLSelectElement> & { ref?: Ref<HTMLSelectElement> },
) {
  const { label, hint, error, bare, className, children, ...rest } = props;
  const id = useId();
  return (
    <Frame {...{ label, hint, error, bare: bare ?? false, id }}>
      <select {...rest} {...described(id, props)} className={`${css.control} ${css.select} ${className ?? ''}`}>
        {children}
      </select>
    </Frame>
  );
}
