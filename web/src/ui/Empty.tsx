import type { ReactNode } from 'react';
import css from './empty.module.css';

/** What stands where nothing is yet: what it is for, and what to do. */
export function Empty(props: { icon?: ReactNode; title: string; text?: ReactNode; children?: ReactNode }) {
  return (
    <div className={css.empty}>
      {props.icon && <div className={css.icon}>{props.icon}</div>}
      <h2>{props.title}</h2>
      {props.text && <p className={css.text}>{props.text}</p>}
      {props.children && <div className={css.actions}>{props.children}</div>}
    </div>
  );
}

/** Grey bars of the height of what is to come, so that nothing jumps when it does. */
export function Skeleton(props: { lines?: number; label: string }) {
  const lines = Array.from({ length: props.lines ?? 3 }, (_, index) => `line-${index}`);
  return (
    <div role="status" aria-label={props.label} className={css.skeleton}>
      {lines.map((line) => (
        <span key={line} className={css.line} />
      ))}
    </div>
  );
}
