import { type Calendar, languageOf } from '../i18n/languages.ts';

/** An amount as the API gives it. */
export interface Money {
  amount: string;
  currency: string;
}

export interface FormatOptions {
  language: string;
  calendar: Calendar | '';
  /** IANA name of the zone in which instants are shown. */
  zone: string;
}

export type Instant = string | number | Date;

const dayNumber = /^\d{4}-\d{2}-\d{2}$/;

/**
 * All that a page needs to write numbers, amounts and dates for one reader. Intl decides; formatters are kept because making one costs far more
 * than using it.
 */
export function makeFormat({ language, calendar, zone }: FormatOptions) {
  const lang = languageOf(language);
  const locale = lang.locale;
  const cal = calendar || lang.calendar;
  const dated = `${locale}-u-ca-${cal}`;
  const numbers = new Map<string, Intl.NumberFormat>();
  const dates = new Map<string, Intl.DateTimeFormat>();

  function numberBy(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const k = JSON.stringify(options);
    let f = numbers.get(k);
    if (!f) {
      f = new Intl.NumberFormat(locale, options);
      numbers.set(k, f);
    }
    return f;
  }

  function dateBy(options: Intl.DateTimeFormatOptions, timeZone = zone): Intl.DateTimeFormat {
    const k = JSON.stringify(options) + timeZone;
    let f = dates.get(k);
    if (!f) {
      f = new Intl.DateTimeFormat(dated, { ...options, timeZone });
      dates.set(k, f);
    }
    return f;
  }

  /** A day ("2026-11-24") belongs to no zone; an instant is shown in the reporting zone. */
  function write(at: Instant, options: Intl.DateTimeFormatOptions): string {
    if (typeof at === 'string' && dayNumber.test(at)) return dateBy(options, 'UTC').format(new Date(`${at}T00:00:00Z`));
    const date = new Date(at);
    return Number.isNaN(date.getTime()) ? '' : dateBy(options).format(date);
  }

  // An era in a date is noise where there is only one in use.
  const plainDay: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };

  const format = {
    locale,
    calendar: cal,
    zone,
    number: (n: number, options: Intl.NumberFormatOptions = {}) => numberBy(options).format(n),
    percent: (share: number, digits = 0) => numberBy({ style: 'percent', maximumFractionDigits: digits }).format(share),
    /** +12 %, −3 %: the sign is part of the figure. */
    change: (share: number) =>
      numberBy({
        style: 'percent',
        signDisplay: 'exceptZero',
        maximumFractionDigits: Math.abs(share) < 0.1 ? 1 : 0,
      }).format(share),
    compact: (n: number) => numberBy({ notation: 'compact', maximumFractionDigits: 1 }).format(n),
    money: (m: Money | null | undefined) => (m ? numberBy(currency(m.currency)).format(decimal(m.amount)) : ''),
    /** Without the minor units: for figures read at a glance. */
    moneyRound: (m: Money | null | undefined) => {
      if (!m) return '';
      const large = Math.abs(Number(m.amount)) >= 10_000;
      return numberBy({ ...currency(m.currency), ...(large ? { maximumFractionDigits: 0 } : {}) }).format(decimal(m.amount));
    },
    moneyCompact: (m: Money) =>
      numberBy({ ...currency(m.currency), notation: 'compact', maximumFractionDigits: 1, minimumFractionDigits: 0 }).format(
        decimal(m.amount),
      ),
    day: (at: Instant) => write(at, plainDay),
    dayShort: (at: Instant) => write(at, { day: 'numeric', month: 'short' }),
    /** With the weekday, joined by hand: Chromium's full style puts a Persian date in the wrong order. */
    dayLong: (at: Instant) =>
      [write(at, { weekday: 'long' }), write(at, { day: 'numeric', month: 'long', year: 'numeric' })].join(
        lang.code === 'fa' ? '، ' : ', ',
      ),
    month: (at: Instant) => write(at, { month: 'long', year: 'numeric' }),
    time: (at: Instant) => write(at, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    seconds: (at: Instant) => write(at, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }),
    instant: (at: Instant) => [format.day(at), format.time(at)].join(lang.code === 'fa' ? '، ' : ', '),
    dayRange: (from: string, until: string) => {
      const f = dateBy(plainDay, 'UTC');
      return f.formatRange(new Date(`${from}T00:00:00Z`), new Date(`${until}T00:00:00Z`));
    },
    /** "2026-11-24" in the reporting zone: the key of a day heading. */
    dayKey: (at: Instant) => new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(new Date(at)),
    /** "3 minutes ago", and a date when it is long ago. */
    ago: (at: Instant, now = Date.now()) => {
      const s = (new Date(at).getTime() - now) / 1000;
      const abs = Math.abs(s);
      const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
      if (abs < 45) return relative.format(0, 'second');
      if (abs < 3600) return relative.format(Math.round(s / 60), 'minute');
      if (abs < 86_400) return relative.format(Math.round(s / 3600), 'hour');
      if (abs < 7 * 86_400) return relative.format(Math.round(s / 86_400), 'day');
      return format.day(at);
    },
    /** "4 min 10 sec" */
    duration: (seconds: number) => {
      const whole = Math.max(0, Math.round(seconds));
      const parts: [number, string][] =
        whole >= 3600
          ? [
              [Math.floor(whole / 3600), 'hour'],
              [Math.floor((whole % 3600) / 60), 'minute'],
            ]
          : whole >= 60
            ? [
                [Math.floor(whole / 60), 'minute'],
                [whole % 60, 'second'],
              ]
            : [[whole, 'second']];
      const shown = parts.filter(([n], i) => n > 0 || i === parts.length - 1);
      return new Intl.ListFormat(locale, { type: 'unit', style: 'narrow' }).format(
        shown.map(([n, unit]) => numberBy({ style: 'unit', unit, unitDisplay: 'short' }).format(n)),
      );
    },
    bytes: (n: number) => {
      const [value, unit] = n >= 1e9 ? [n / 1e9, 'gigabyte'] : n >= 1e6 ? [n / 1e6, 'megabyte'] : [n / 1e3, 'kilobyte'];
      return numberBy({ style: 'unit', unit: unit as string, unitDisplay: 'short', maximumFractionDigits: 1 }).format(value as number);
    },
    list: (items: string[]) => new Intl.ListFormat(locale, { type: 'conjunction' }).format(items),
    country: (code: string) => named('region', code),
    languageName: (code: string) => named('language', code),
    currencyName: (code: string) => named('currency', code),
  };

  function currency(code: string): Intl.NumberFormatOptions {
    return /^[A-Z]{3}$/.test(code) ? { style: 'currency', currency: code, currencyDisplay: 'narrowSymbol' } : {};
  }

  function named(type: 'region' | 'language' | 'currency', code: string): string {
    try {
      return new Intl.DisplayNames([locale], { type, fallback: 'code' }).of(type === 'region' ? code.toUpperCase() : code) ?? code;
    } catch {
      return code; // not a code at all: show it as it came
    }
  }

  return format;
}

/** Intl takes decimal text as it is and rounds it exactly; a float would not. */
function decimal(amount: string): number {
  return amount as unknown as number;
}

export type Format = ReturnType<typeof makeFormat>;
