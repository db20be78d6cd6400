import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button, buttonClass } from "./button.tsx";

/** Asks before what cannot be undone. Shown as long as it is rendered. */
export function Confirm(props: {
  title: string;
  children: ReactNode;
  /** The verb: "Delete". */
  action: string;
  onConfirm: () => void;
  onCancel: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={id}
      onClose={props.onCancel}
      className="m-auto w-full max-w-sm rounded-xl border border-edge bg-bg p-5 text-ink shadow-2xl backdrop:bg-black/45"
    >
      <h2 id={id} className="text-sm font-semibold">
        {props.title}
      </h2>
      <div className="mt-1.5 text-dim">{props.children}</div>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus onClick={() => dialog.current?.close()}>
          Cancel
        </Button>
        <button type="button" onClick={props.onConfirm} className={`${buttonClass} text-red`}>
          {props.action}
        </button>
      </div>
    </dialog>
  );
}
