/** Texts that a user sees: an area each, the same keys in every language. */
import { account } from './en/account';
import { board } from './en/board';
import { command } from './en/command';
import { common } from './en/common';
import { conflict } from './en/conflict';
import { pages } from './en/pages';
import { task } from './en/task';
import { together } from './en/together';
import { views } from './en/views';

/** A sentence with `{placeholders}`; one that counts has a form for one and for others. */
export type Message = string | { one: string; other: string };

export const en = { account, board, command, common, conflict, pages, task, together, views };

type Same<T> = { [K in keyof T]: T[K] extends string ? string : { one: string; other: string } };
/** What a language has to say. */
export type Catalogue = { [A in keyof typeof en]: Same<(typeof en)[A]> };
/** `area.name`. */
export type Key = { [A in keyof Catalogue]: `${A}.${keyof Catalogue[A] & string}` }[keyof Catalogue];
