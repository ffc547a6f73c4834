import { useMemo } from 'react';
import { useFormat } from '../format/useFormat.ts';

interface Choice {
  value: string;
  label: string;
}

function supported(kind: 'currency' | 'timeZone'): string[] {
  return Intl.supportedValuesOf(kind);
}

/** Every currency with its name in the reader's language. */
export function useCurrencies(): Choice[] {
  const f = useFormat();
  return useMemo(() => supported('currency').map((code) => ({ value: code, label: [code, f.currencyName(code)].join(' · ') })), [f]);
}

/** Every time zone; the names are those of the IANA list. */
export function useZones(): Choice[] {
  return useMemo(() => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const zones = new Set(['UTC', own, ...supported('timeZone')]);
    return [...zones].map((zone) => ({ value: zone, label: zone.replaceAll('_', ' ') }));
  }, []);
}
