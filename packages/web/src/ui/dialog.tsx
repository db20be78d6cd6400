import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./button.tsx";

/** Over everything else, until it is closed: by its button, Escape, or a press beside it. Shown as long as it is rendered. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      // Only the backdrop is the dialog itself; all that is shown lies in the element within.
      onPointerDown={(pressed) => pressed.target === dialog.current && dialog.current.close()}
      className="m-auto w-full max-w-sm rounded-xl border border-edge bg-bg text-ink shadow-2xl backdrop:bg-black/45"
    >
      <div className="p-5">
        <div className="flex items-center justify-between">
          <h2 id={id} className="text-sm font-semibold">
            {title}
          </h2>
          <Button onClick={() => dialog.current?.close()}>Close</Button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
