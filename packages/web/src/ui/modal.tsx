import { type MouseEvent, type ReactNode, useId, useLayoutEffect, useRef } from "react";
import { Button } from "./button.tsx";

interface ModalProps {
  readonly title: string;
  readonly onClose: () => void;
  /** It asks nothing, so a press beside it closes it as its button does. */
  readonly isDismissible?: boolean;
  readonly children: ReactNode;
}

const ASKED = "input:enabled:not([type=radio]), input[type=radio]:checked, select:enabled, textarea:enabled";

/** The frame of whatever lies over the page and keeps the focus. Escape closes it. Shown as long as it is rendered. */
export function Modal({ title, onClose, isDismissible = false, children }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    // By itself the browser takes the first button, although what is asked for is typed.
    shown?.querySelector<HTMLElement>(ASKED)?.focus();
    // While it is still in the document: only closing it gives the focus back to whatever opened it.
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={onClose}
      // Only the backdrop is the dialog itself; all that is shown lies in the element within.
      onPointerDown={({ target, currentTarget }) => isDismissible && target === currentTarget && currentTarget.close()}
      className="m-auto w-[calc(100%-1.5rem)] max-w-sm rounded-xl border border-edge bg-bg text-ink shadow-2xl backdrop:bg-black/45"
    >
      <div className="p-5">
        <div className="flex items-center justify-between">
          <h2 id={id} className="text-sm font-semibold">
            {title}
          </h2>
          {isDismissible && <Button onClick={closeModal}>Close</Button>}
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** For a button within: closes as Escape does. */
export function closeModal({ currentTarget }: MouseEvent): void {
  currentTarget.closest("dialog")?.close();
}
