import { Menu as Base } from '@base-ui/react/menu';
import { Check, ChevronRight } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import css from './menu.module.css';

/** A menu that hangs on `trigger`: arrows, letters, Enter and Escape work as anywhere. */
export function Menu(props: {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'end';
  /** Takes the focus when it closes; `true` is the trigger, `false` leaves it where it is. */
  finalFocus?: () => HTMLElement | boolean;
}) {
  const { finalFocus } = props;
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner className={css.positioner} sideOffset={6} align={props.align ?? 'end'} collisionPadding={8}>
          <Base.Popup className={css.popup} {...(finalFocus ? { finalFocus } : {})}>
            {props.children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** A menu without a trigger of its own: it hangs on `anchor`, an element or a place, while that is not null. */
export function MenuAt(props: {
  anchor: Element | { getBoundingClientRect(): DOMRect } | null;
  onClose(): void;
  /** Takes the focus when it closes; by default what had it before. */
  finalFocus?: () => HTMLElement | null;
  label: string;
  children: ReactNode;
}) {
  const { anchor, onClose, finalFocus, label, children } = props;
  return (
    <Base.Root open={anchor !== null} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Positioner className={css.positioner} anchor={anchor} sideOffset={6} align="start" collisionPadding={8}>
          <Base.Popup className={css.popup} aria-label={label} {...(finalFocus ? { finalFocus } : {})}>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** An item that opens a menu beside it. */
export function MenuSub(props: { icon?: ReactNode; label: string; children: ReactNode }) {
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className={css.item}>
        {props.icon}
        <span className={css.label}>{props.label}</span>
        <ChevronRight className={css.chevron} aria-hidden />
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner className={css.positioner} sideOffset={2} alignOffset={-4} collisionPadding={8}>
          <Base.Popup className={css.popup}>{props.children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  );
}

/** An item that is on or off; the menu stays open. */
export function MenuCheck(props: { checked: boolean; onChange(checked: boolean): void; children: ReactNode }) {
  const { checked, onChange, children } = props;
  return (
    <Base.CheckboxItem className={css.item} checked={checked} onCheckedChange={onChange}>
      <span className={css.label}>{children}</span>
      <Base.CheckboxItemIndicator className={css.check ?? ''}>
        <Check aria-hidden />
      </Base.CheckboxItemIndicator>
    </Base.CheckboxItem>
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
