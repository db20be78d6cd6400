import { useEffect, useRef, useState } from "react";
import { Button } from "../ui/button.tsx";
import { useKeys } from "../ui/use-keys.ts";

const KEYS = [
  ["j  k", "next and previous issue"],
  ["Enter", "open the issue"],
  ["x", "select the issue"],
  ["e", "resolve"],
  ["a", "assign"],
  ["/", "search"],
  ["Esc", "clear the selection, close a menu"],
  ["?", "these keys"],
] as const;

/** `?` shows which keys there are. */
export function KeysHelp() {
  const [isOpen, setOpen] = useState(false);
  useKeys({ "?": () => setOpen(true) });
  return isOpen ? <KeysDialog onClose={() => setOpen(false)} /> : null;
}

function KeysDialog({ onClose }: { onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog
      ref={dialog}
      aria-label="Keys"
      onClose={onClose}
      className="m-auto w-full max-w-sm rounded-xl border border-edge bg-bg p-5 text-ink shadow-2xl backdrop:bg-black/45"
    >
      <div className="flex items-center justify-between">
        <h2 className="text-sm font-semibold">Keys</h2>
        <Button onClick={() => dialog.current?.close()}>Close</Button>
      </div>
      <dl className="mt-3 grid grid-cols-[5rem_1fr] gap-y-2">
        {KEYS.map(([key, what]) => (
          <div key={key} className="contents">
            <dt>
              <kbd className="rounded border border-edge bg-raised px-1.5 font-mono text-xs whitespace-pre">{key}</kbd>
            </dt>
            <dd className="text-dim">{what}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
