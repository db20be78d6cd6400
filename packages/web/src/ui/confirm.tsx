import type { ReactNode } from "react";
import { Button, buttonClass } from "./button.tsx";
import { closeModal, Modal } from "./modal.tsx";

/** Asks before what cannot be undone. Shown as long as it is rendered. */
export function Confirm(props: {
  title: string;
  children: ReactNode;
  /** The verb: "Delete". */
  action: string;
  onConfirm: () => void;
  onCancel: () => void;
}) {
  return (
    <Modal title={props.title} onClose={props.onCancel}>
      <div className="mt-1.5 text-dim">{props.children}</div>
      <div className="mt-5 flex justify-end gap-2">
        <Button autoFocus onClick={closeModal}>
          Cancel
        </Button>
        <button type="button" onClick={props.onConfirm} className={`${buttonClass} text-red`}>
          {props.action}
        </button>
      </div>
    </Modal>
  );
}
