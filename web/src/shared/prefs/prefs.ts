import { useSyncExternalStore } from 'react';
import { type Calendar, languageOf } from '../i18n/languages.ts';

/** What one reader chose on this device. The language is also kept with the account. */
export interface Prefs {
  language: string;
  /** Empty: the calendar of the language. */
  calendar: Calendar | '';
  scheme: 'auto' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
}

const key = 'rapport.prefs';
const listeners = new Set<() => void>();

function browserLanguage(): string {
  for (const wanted of navigator.languages ?? [navigator.language]) {
    const found = languageOf(wanted);
    if (wanted.toLowerCase().startsWith(found.code)) return found.code;
  }
  return 'en';
}

function read(): Prefs {
  const plain: Prefs = { language: browserLanguage(), calendar: '', scheme: 'auto', density: 'comfortable' };
  try {
    return { ...plain, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Prefs>) };
  } catch {
    return plain; // storage is off or holds nonsense: start from the beginning
  }
}

let current = read();

export function prefs(): Prefs {
  return current;
}

export function setPrefs(change: Partial<Prefs>): void {
  current = { ...current, ...change };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // The choice then lasts until the page is closed.
  }
  for (const tell of listeners) tell();
}

export function onPrefs(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

export function usePrefs(): Prefs {
  return useSyncExternalStore(onPrefs, prefs);
}

/** A small piece of state that outlives the page, such as the columns of a list. */
export function remembered<T>(name: string, plain: T): T {
  try {
    const text = localStorage.getItem(`rapport.${name}`);
    return text === null ? plain : (JSON.parse(text) as T);
  } catch {
    return plain;
  }
}

export function remember(name: string, value: unknown): void {
  try {
    localStorage.setItem(`rapport.${name}`, JSON.stringify(value));
  } catch {
    // Nothing depends on it.
  }
}
