/** What menus are made of. The parts are there once the first menu is opened; until then they are only described. */
import { type ComponentType, createContext, type ReactNode } from 'react';

/** An element or a place. */
export type Anchor = Element | { getBoundingClientRect(): DOMRect };

export interface ItemProps {
  icon?: ReactNode;
  /** A shortcut, or what is chosen now. */
  aside?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
  onSelect(): void;
  children: ReactNode;
}

export interface CheckProps {
  checked: boolean;
  onChange(checked: boolean): void;
  children: ReactNode;
}

export interface SubProps {
  icon?: ReactNode;
  label: string;
  children: ReactNode;
}

export interface GroupProps {
  label: string;
  children: ReactNode;
}

export interface MenuParts {
  Item: ComponentType<ItemProps>;
  Check: ComponentType<CheckProps>;
  Sub: ComponentType<SubProps>;
  Group: ComponentType<GroupProps>;
  Line: ComponentType;
}

export const Parts = createContext<MenuParts | null>(null);
