import type { ReactNode } from "react";
import { Modal } from "./modal.tsx";

/** Over everything else, until it is closed: by its button, Escape, or a press beside it. Shown as long as it is rendered. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  return (
    <Modal title={title} onClose={onClose} isDismissible>
      {children}
    </Modal>
  );
}
