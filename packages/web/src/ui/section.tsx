import { type ReactNode, useId } from "react";

/** A titled part of a page. */
export function Section({
  title,
  note,
  aside,
  children,
}: {
  title: string;
  /** Beside the title, smaller. */
  note?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
}) {
  const id = useId();
  return (
    <section aria-labelledby={id} className="min-w-0">
      <div className="mb-2 flex min-h-7 flex-wrap items-center justify-between gap-x-3 gap-y-1">
        <h2 id={id} className="text-[0.8125rem] font-semibold whitespace-nowrap">
          {title}
          {note !== undefined && <span className="ml-2 text-xs font-normal text-faint">{note}</span>}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A titled part that opens on demand. */
export function Disclosure({
  title,
  note,
  open = false,
  onToggle,
  children,
}: {
  title: ReactNode;
  note?: ReactNode;
  open?: boolean;
  onToggle?: (isOpen: boolean) => void;
  children: ReactNode;
}) {
  return (
    <details open={open} onToggle={(toggled) => onToggle?.(toggled.currentTarget.open)} className="group/d min-w-0">
      <summary className="flex items-center gap-2 rounded py-1 text-dim hover:text-ink">
        <Chevron className="group-open/d:rotate-90" />
        <span className="font-medium">{title}</span>
        {note !== undefined && <span className="text-faint">{note}</span>}
      </summary>
      <div className="pt-1 pb-2 pl-5">{children}</div>
    </details>
  );
}

export function Chevron({ className }: { className: string }) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden className={`size-3 shrink-0 text-faint transition-transform ${className}`}>
      <path d="m4.5 2.5 3.5 3.5-3.5 3.5" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" />
    </svg>
  );
}
