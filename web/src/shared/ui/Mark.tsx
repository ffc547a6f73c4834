/** The sign of the program. */
export function Mark({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true">
      <rect width="64" height="64" rx="14" fill="#0d5755" />
      <path d="M18 46V20h15a8.5 8.5 0 0 1 0 17H18" fill="none" stroke="#fff" strokeWidth="5" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M33 37l13 9" fill="none" stroke="#9fd8d2" strokeWidth="5" strokeLinecap="round" />
      <circle cx="47" cy="20" r="4" fill="#e6b35a" />
    </svg>
  );
}
