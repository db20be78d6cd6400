import type { AlertStatus } from "@mesher/protocol";
import type { ReactNode } from "react";

/** A shape of its own for each, for those who do not see its colour. */
const SHAPE: Readonly<Record<AlertStatus, { readonly color: string; readonly mark: ReactNode }>> = {
  active: { color: "text-red", mark: <circle cx="6" cy="6" r="4.5" fill="currentColor" /> },
  acknowledged: {
    color: "text-mark",
    mark: (
      <>
        <circle cx="6" cy="6" r="4.2" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <circle cx="6" cy="6" r="1.8" fill="currentColor" />
      </>
    ),
  },
  resolved: {
    color: "text-green",
    mark: <path d="m2 6.5 3 3 5-6.5" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />,
  },
};

export function AlertMark({ status }: { status: AlertStatus }) {
  const { color, mark } = SHAPE[status];
  return (
    <svg viewBox="0 0 12 12" aria-hidden className={`size-3 shrink-0 ${color}`}>
      {mark}
    </svg>
  );
}
