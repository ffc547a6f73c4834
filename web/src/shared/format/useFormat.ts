import { createContext, use } from 'react';
import { type Format, makeFormat } from './format.ts';

export const FormatContext = createContext<Format>(makeFormat({ language: 'en', calendar: '', zone: 'UTC' }));

/** The formatters of the reader. */
export function useFormat(): Format {
  return use(FormatContext);
}
