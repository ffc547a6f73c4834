/** Keeps foreign text inside a sentence from turning the sentence around: a Latin name in a Persian one, or the other way. */
export function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}
