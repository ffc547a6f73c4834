/** What somebody types as a number, in the digits and with the marks of his language, as the server reads it: "۱۲٫۵" is "12.5". */
export function plainNumber(text: string): string {
  let s = text
    .trim()
    .replaceAll(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
    .replaceAll(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replaceAll('٫', '.')
    .replaceAll(/[\s٬\u00a0\u202f]/g, '');
  const comma = s.lastIndexOf(',');
  const point = s.lastIndexOf('.');
  if (comma >= 0 && point >= 0) {
    // The later one is the decimal mark, the other one sets off thousands.
    s = comma > point ? s.replaceAll('.', '').replace(',', '.') : s.replaceAll(',', '');
  } else if (comma >= 0) {
    s = s.indexOf(',') === comma && s.length - comma - 1 !== 3 ? s.replace(',', '.') : s.replaceAll(',', '');
  }
  return s;
}

/** The number for a sum on the page; what is not readable counts as nothing. */
export function readNumber(text: string): number {
  const n = Number(plainNumber(text));
  return Number.isFinite(n) ? n : 0;
}

/** An amount without zeros that say nothing: "12.50" stays, "12.00" becomes "12". */
export function shortAmount(amount: string | undefined): string {
  return (amount ?? '').replace(/\.0+$/, '');
}
