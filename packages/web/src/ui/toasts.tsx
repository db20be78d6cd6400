import { useSyncExternalStore } from "react";
import { Button } from "./button.tsx";

/** Long enough to read it and to reach for Undo. */
const SHOWN_MS = 8_000;
const TOASTS_MAX = 3;

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly isFailure: boolean;
  readonly undo: (() => void) | undefined;
}

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

/** Says what was done, with a way back if there is one. */
export function toast(text: string, undo?: () => void): void {
  add({ text, undo, isFailure: false });
}

export function toastFailure(text: string, error: Error): void {
  add({ text: `${text} ${error.message}`, undo: undefined, isFailure: true });
}

function add(added: Omit<Toast, "id">): void {
  const id = ++lastId;
  change([...toasts, { ...added, id }].slice(-TOASTS_MAX));
  setTimeout(() => drop(id), SHOWN_MS);
}

function drop(id: number): void {
  change(toasts.filter((shown) => shown.id !== id));
}

function change(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((notify) => notify());
}

/** There from the start, so that screen readers hear what comes into it. */
export function Toasts() {
  const shown = useSyncExternalStore(listen, () => toasts);
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-4 z-30 flex flex-col items-center gap-2 px-4 sm:items-end sm:px-6"
    >
      {shown.map(({ id, text, undo, isFailure }) => (
        <div
          key={id}
          className="pointer-events-auto flex max-w-full items-center gap-3 rounded-lg border border-edge bg-bg py-2 pr-2 pl-3.5 shadow-lg"
        >
          <span className={`min-w-0 break-words ${isFailure ? "text-red" : ""}`}>{text}</span>
          {undo !== undefined && (
            <Button
              onClick={() => {
                drop(id);
                undo();
              }}
            >
              Undo
            </Button>
          )}
          <Button aria-label="Dismiss" className="border-transparent px-1.5" onClick={() => drop(id)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
