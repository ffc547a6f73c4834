// The one list of languages. A language is offered once every catalogue has its file (locales/<code>.json beside en.json) and `ready` says so.
export type Calendar = 'gregory' | 'persian' | 'ethiopic' | 'japanese';

export interface Language {
  code: string;
  /** In its own words. */
  name: string;
  dir: 'ltr' | 'rtl';
  /** What Intl formats with: numbering and script follow from it. */
  locale: string;
  /** The calendar that is used unless the reader chooses another. */
  calendar: Calendar;
  ready: boolean;
}

export const languages: Language[] = [
  { code: 'en', name: 'English', dir: 'ltr', locale: 'en-GB', calendar: 'gregory', ready: true },
  { code: 'fa', name: 'فارسی', dir: 'rtl', locale: 'fa-IR', calendar: 'persian', ready: true },
  { code: 'ml', name: 'മലയാളം', dir: 'ltr', locale: 'ml-IN', calendar: 'gregory', ready: false },
  { code: 'hi', name: 'हिन्दी', dir: 'ltr', locale: 'hi-IN', calendar: 'gregory', ready: false },
  { code: 'am', name: 'አማርኛ', dir: 'ltr', locale: 'am-ET', calendar: 'ethiopic', ready: false },
  { code: 'ja', name: '日本語', dir: 'ltr', locale: 'ja-JP', calendar: 'gregory', ready: false },
];

export const offered = languages.filter((l) => l.ready);

export const calendars: Calendar[] = ['gregory', 'persian'];

/** The language for a code, English where the code is not offered. */
export function languageOf(code: string | undefined): Language {
  const short = (code ?? '').toLowerCase().split('-')[0];
  return offered.find((l) => l.code === short) ?? (languages[0] as Language);
}
