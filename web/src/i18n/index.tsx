/** The language that is spoken, and all that depends on it: texts, numbers, dates, direction. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { type Catalogue, en, type Key, type Message } from './catalogue';

export type { Key } from './catalogue';
export type Locale = 'en' | 'fa';
export type Values = Readonly<Record<string, string | number>>;

export interface I18n {
  locale: Locale;
  dir: 'ltr' | 'rtl';
  t(key: Key, values?: Values): string;
  number(value: number): string;
  /** `options` of `Intl.DateTimeFormat`; Persian dates are in the Persian calendar. */
  date(value: string | number | Date, options?: Intl.DateTimeFormatOptions): string;
  /** "3 minutes ago". */
  ago(value: string | number | Date): string;
  setLocale(locale: Locale): void;
}

const KEPT = 'teamflow.locale';
const Context = createContext<I18n | null>(null);

/** What the device was told last, else what the browser speaks. */
export function initialLocale(): Locale {
  const kept = globalThis.localStorage?.getItem(KEPT);
  if (kept === 'en' || kept === 'fa') return kept;
  return navigator.languages.some((language) => language.toLowerCase().startsWith('fa')) ? 'fa' : 'en';
}

/** Whether the device was ever told what to speak. */
export function hasChosenLocale(): boolean {
  return globalThis.localStorage?.getItem(KEPT) !== null;
}

/** English is in the first script; others come when they are spoken. */
export async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return locale === 'fa' ? (await import('./fa')).fa : en;
}

export function I18nProvider(props: { locale: Locale; catalogue: Catalogue; children: ReactNode }) {
  const [spoken, setSpoken] = useState({ locale: props.locale, catalogue: props.catalogue });
  const setLocale = useCallback((locale: Locale) => {
    localStorage.setItem(KEPT, locale);
    void loadCatalogue(locale).then((catalogue) => setSpoken({ locale, catalogue }));
  }, []);
  const value = useMemo(() => speak(spoken.locale, spoken.catalogue, setLocale), [spoken, setLocale]);
  useEffect(() => {
    document.documentElement.lang = value.locale;
    document.documentElement.dir = value.dir;
  }, [value]);
  return <Context value={value}>{props.children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('outside of I18nProvider');
  return value;
}

const STEPS: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

function speak(locale: Locale, catalogue: Catalogue, setLocale: (locale: Locale) => void): I18n {
  const numbers = new Intl.NumberFormat(locale);
  const plurals = new Intl.PluralRules(locale);
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const dates = new Map<string, Intl.DateTimeFormat>();
  const number = (value: number) => numbers.format(value);
  return {
    locale,
    dir: locale === 'fa' ? 'rtl' : 'ltr',
    t: (key, values) => fill(messageOf(catalogue, key), values, plurals, number),
    number,
    date(value, options = { dateStyle: 'medium' }) {
      const id = JSON.stringify(options);
      const format = dates.get(id) ?? new Intl.DateTimeFormat(locale, options);
      dates.set(id, format);
      return format.format(new Date(value));
    },
    ago(value) {
      const seconds = Math.round((new Date(value).getTime() - Date.now()) / 1_000);
      const [unit, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ['second', 1];
      return relative.format(Math.round(seconds / length), unit);
    },
    setLocale,
  };
}

function messageOf(catalogue: Catalogue, key: Key): Message {
  const [area, name] = key.split('.') as [keyof Catalogue, string];
  return (catalogue[area] as Record<string, Message>)[name] ?? key;
}

function fill(message: Message, values: Values | undefined, plurals: Intl.PluralRules, number: (n: number) => string) {
  const count = Number(values?.count ?? 0);
  const form = typeof message === 'string' ? message : plurals.select(count) === 'one' ? message.one : message.other;
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values?.[name];
    return value === undefined ? whole : typeof value === 'number' ? number(value) : value;
  });
}
