import type { ReactNode } from "react";

export function TextButton({ onClick, children }: { onClick: () => void; children: ReactNode }) {
  return (
    <button
      type="button"
      onClick={onClick}
      className="min-h-6 min-w-6 rounded text-xs text-dim underline hover:text-ink"
    >
      {children}
    </button>
  );
}
