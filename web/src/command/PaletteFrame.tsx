import { Dialog as Base } from '@base-ui/react/dialog';
import { Command as Cmdk } from 'cmdk';
import { type ReactNode, useState } from 'react';
import css from './palette.module.css';

/** The window of the palette: over the page, with a field that has the focus. */
export function PaletteFrame(props: { label: string; onClose(): void; children: ReactNode }) {
  const [before] = useState(() => document.activeElement);
  const back = () =>
    before instanceof HTMLElement && before !== document.body ? before : document.getElementById('content');
  return (
    <Base.Root open onOpenChange={(open) => !open && props.onClose()}>
      <Base.Portal>
        <Base.Backdrop className={css.backdrop} />
        <Base.Popup className={css.popup} aria-label={props.label} finalFocus={back}>
          {props.children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

interface ItemProps {
  /** What it is found by; no two items of one palette have the same. */
  value: string;
  icon?: ReactNode;
  aside?: ReactNode;
  disabled?: boolean;
  forceMount?: boolean;
  onSelect(): void;
  children: ReactNode;
}

export function PaletteItem({ value, icon, aside, disabled, forceMount, onSelect, children }: ItemProps) {
  return (
    <Cmdk.Item
      value={value}
      className={css.item}
      disabled={disabled ?? false}
      forceMount={forceMount ?? false}
      onSelect={onSelect}
    >
      {icon}
      <span className={css.name}>{children}</span>
      {aside}
    </Cmdk.Item>
  );
}
