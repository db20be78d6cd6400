export function LogoMark({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden className={className}>
      <path
        d="M6 25V8l10 11L26 8v17"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.6"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
      <circle cx="6" cy="8" r="3.6" fill="currentColor" />
      <circle cx="26" cy="8" r="3.6" fill="currentColor" />
      <circle cx="16" cy="19" r="3.6" fill="currentColor" />
    </svg>
  );
}
