import { Menu as Base } from '@base-ui/react/menu';
import type { ReactElement, ReactNode } from 'react';
import css from './menu.module.css';

/** A menu that hangs on `trigger`: arrows, letters, Enter and Escape work as anywhere. */
export function Menu(props: { trigger: ReactElement; children: ReactNode; align?: 'start' | 'end' }) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner className={css.positioner} sideOffset={6} align={props.align ?? 'end'} collisionPadding={8}>
          <Base.Popup className={css.popup}>{props.children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

interface ItemProps {
  icon?: ReactNode;
  /** A shortcut, or what is chosen now. */
  aside?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect(): void;
  children: ReactNode;
}

export function MenuItem({ icon, aside, danger, disabled, onSelect, children }: ItemProps) {
  return (
    <Base.Item className={`${css.item} ${danger ? css.danger : ''}`} disabled={disabled ?? false} onClick={onSelect}>
      {icon}
      <span className={css.label}>{children}</span>
      {aside && <span className={css.aside}>{aside}</span>}
    </Base.Item>
  );
}

export function MenuGroup(props: { label: string; children: ReactNode }) {
  return (
    <Base.Group>
      <Base.GroupLabel className={css.group}>{props.label}</Base.GroupLabel>
      {props.children}
    </Base.Group>
  );
}

export function MenuLine() {
  return <Base.Separator className={css.line} />;
}
