/** An open menu. It is loaded with the first one. */
import { Menu as Base } from '@base-ui/react/menu';
import { Check as CheckSign, ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import css from './menu.module.css';
import {
  type Anchor,
  type CheckProps,
  type GroupProps,
  type ItemProps,
  type MenuParts,
  Parts,
  type SubProps,
} from './menu-parts';

interface Props {
  anchor: Anchor;
  open: boolean;
  onClose(): void;
  align: 'start' | 'end';
  /** Takes the focus when it closes; `true` is what had it before, `false` leaves it where it is. */
  finalFocus: () => HTMLElement | boolean | null;
  label: string | undefined;
  children: ReactNode;
}

/** Arrows, letters, Enter and Escape work as anywhere. */
export default function MenuContent({ anchor, open, onClose, align, finalFocus, label, children }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Positioner className={css.positioner} anchor={anchor} sideOffset={6} align={align} collisionPadding={8}>
          <Base.Popup
            className={css.popup}
            aria-label={label}
            finalFocus={() => !isBehindDialog(anchor) && finalFocus()}
          >
            <Parts value={PARTS}>{children}</Parts>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

/** Whether an item has opened a dialog meanwhile, which has the focus now and keeps it. */
function isBehindDialog(anchor: Anchor): boolean {
  const dialog = document.activeElement?.closest('[role="dialog"]');
  return dialog ? !(anchor instanceof Element && dialog.contains(anchor)) : false;
}

function Item({ icon, aside, danger, disabled, onSelect, children }: ItemProps) {
  return (
    <Base.Item className={`${css.item} ${danger ? css.danger : ''}`} disabled={disabled ?? false} onClick={onSelect}>
      {icon}
      <span className={css.label}>{children}</span>
      {aside && <span className={css.aside}>{aside}</span>}
    </Base.Item>
  );
}

function Check({ checked, onChange, children }: CheckProps) {
  return (
    <Base.CheckboxItem className={css.item} checked={checked} onCheckedChange={onChange}>
      <span className={css.label}>{children}</span>
      <Base.CheckboxItemIndicator className={css.check ?? ''}>
        <CheckSign aria-hidden />
      </Base.CheckboxItemIndicator>
    </Base.CheckboxItem>
  );
}

function Sub({ icon, label, children }: SubProps) {
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className={css.item}>
        {icon}
        <span className={css.label}>{label}</span>
        <ChevronRight className={css.chevron} aria-hidden />
      </Base.SubmenuTrigger>
      <Base.Portal>
        <Base.Positioner className={css.positioner} sideOffset={2} alignOffset={-4} collisionPadding={8}>
          <Base.Popup className={css.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.SubmenuRoot>
  );
}

function Group({ label, children }: GroupProps) {
  return (
    <Base.Group>
      <Base.GroupLabel className={css.group}>{label}</Base.GroupLabel>
      {children}
    </Base.Group>
  );
}

const Line = () => <Base.Separator className={css.line} />;

const PARTS: MenuParts = { Item, Check, Sub, Group, Line };
