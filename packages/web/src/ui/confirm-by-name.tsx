import { type ReactNode, useState } from "react";
import { Button, buttonClass } from "./button.tsx";
import { inputClass } from "./field.tsx";
import { closeModal, Modal } from "./modal.tsx";

/** Asks before what destroys much: whoever means it types the name. Shown as long as it is rendered. */
export function ConfirmByName(props: {
  title: string;
  /** What has to be typed. */
  name: string;
  children: ReactNode;
  action: string;
  isPending: boolean;
  onConfirm: () => void;
  onCancel: () => void;
}) {
  const [typed, setTyped] = useState("");
  return (
    <Modal title={props.title} onClose={props.onCancel}>
      <form
        onSubmit={(submitted) => {
          submitted.preventDefault();
          if (typed === props.name) props.onConfirm();
        }}
      >
        <div className="mt-1.5 text-dim">{props.children}</div>
        <label className="mt-4 block">
          <span className="mb-1 block text-xs text-dim">
            Type <code className="text-ink">{props.name}</code> to confirm
          </span>
          <input
            autoFocus
            autoComplete="off"
            spellCheck={false}
            value={typed}
            onChange={({ target: { value } }) => setTyped(value)}
            className={inputClass}
          />
        </label>
        <div className="mt-5 flex justify-end gap-2">
          <Button onClick={closeModal}>Cancel</Button>
          <button
            type="submit"
            disabled={typed !== props.name || props.isPending}
            className={`${buttonClass} text-red`}
          >
            {props.action}
          </button>
        </div>
      </form>
    </Modal>
  );
}
