/** Menus. What they are made of is a third of the first script otherwise, so it comes when the page rests, or is wanted. */
import {
  cloneElement,
  type KeyboardEvent,
  lazy,
  type MouseEvent,
  type ReactElement,
  type ReactNode,
  Suspense,
  use,
  useState,
} from 'react';
import { loadedAtRest } from './at-rest';
import {
  type Anchor,
  type CheckProps,
  type GroupProps,
  type ItemProps,
  type MenuParts,
  Parts,
  type SubProps,
} from './menu-parts';

const Content = lazy(loadedAtRest(() => import('./MenuContent')));

interface TriggerProps {
  onClick(event: MouseEvent): void;
  onKeyDown(event: KeyboardEvent): void;
  'aria-haspopup': 'menu';
  'aria-expanded': boolean;
}

/** A menu that hangs on `trigger`, which opens it by a click, Enter, Space, or the arrow down. */
export function Menu(props: {
  trigger: ReactElement<Partial<TriggerProps>>;
  children: ReactNode;
  align?: 'start' | 'end';
  /** Takes the focus when it closes; the trigger by default, and `false` leaves it where it is. */
  finalFocus?: () => HTMLElement | boolean;
}) {
  const { trigger, children, align = 'end', finalFocus } = props;
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const [open, setOpen] = useState(false);
  const show = (event: MouseEvent | KeyboardEvent) => {
    setAnchor(event.currentTarget as HTMLElement);
    setOpen(true);
  };
  const hanging = cloneElement(trigger, {
    onClick: show,
    onKeyDown(event) {
      if (event.key !== 'ArrowDown') return;
      event.preventDefault();
      show(event);
    },
    'aria-haspopup': 'menu',
    'aria-expanded': open,
  });
  return (
    <>
      {hanging}
      {anchor && (
        <Suspense fallback={null}>
          <Content
            anchor={anchor}
            open={open}
            onClose={() => setOpen(false)}
            align={align}
            finalFocus={finalFocus ?? (() => anchor)}
            label={undefined}
          >
            {children}
          </Content>
        </Suspense>
      )}
    </>
  );
}

/** A menu without a trigger of its own: it hangs on `anchor` while that is not null. */
export function MenuAt(props: {
  anchor: Anchor | null;
  onClose(): void;
  /** Takes the focus when it closes; by default what had it before. */
  finalFocus?: () => HTMLElement | null;
  label: string;
  children: ReactNode;
}) {
  const { anchor, onClose, finalFocus, label, children } = props;
  const [last, setLast] = useState(anchor);
  // While it closes it stays where it was.
  if (anchor !== null && anchor !== last) setLast(anchor);
  if (last === null) return null;
  return (
    <Suspense fallback={null}>
      <Content
        anchor={last}
        open={anchor !== null}
        onClose={onClose}
        align="start"
        finalFocus={finalFocus ?? (() => true)}
        label={label}
      >
        {children}
      </Content>
    </Suspense>
  );
}

function useParts(): MenuParts {
  const parts = use(Parts);
  if (!parts) throw new Error('outside of a menu');
  return parts;
}

export function MenuItem(props: ItemProps) {
  const { Item } = useParts();
  return <Item {...props} />;
}

/** An item that is on or off; the menu stays open. */
export function MenuCheck(props: CheckProps) {
  const { Check } = useParts();
  return <Check {...props} />;
}

/** An item that opens a menu beside it. */
export function MenuSub(props: SubProps) {
  const { Sub } = useParts();
  return <Sub {...props} />;
}

export function MenuGroup(props: GroupProps) {
  const { Group } = useParts();
  return <Group {...props} />;
}

export function MenuLine() {
  const { Line } = useParts();
  return <Line />;
}
