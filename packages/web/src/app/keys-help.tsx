import { useSyncExternalStore } from "react";
import { Dialog } from "../ui/dialog.tsx";
import { KEY_BINDINGS, type Key, nameOfKey } from "../ui/key-bindings.ts";
import { useKeys } from "../ui/use-keys.ts";
import { flag } from "./flag.ts";

const GROUPS = Object.entries(Object.groupBy(Object.keys(KEY_BINDINGS) as Key[], (key) => KEY_BINDINGS[key].group));

/** Whether the help is on screen: the palette opens it as well. */
export const keysHelp = flag();

/** `?` shows which keys there are. */
export function KeysHelp() {
  const isOpen = useSyncExternalStore(keysHelp.listen, keysHelp.isSet);
  useKeys({ "?": keysHelp.set });
  if (!isOpen) return null;
  return (
    <Dialog title="Keys" onClose={keysHelp.unset}>
      {GROUPS.map(([group, keys]) => (
        <section key={group} aria-label={group} className="mt-4">
          <h3 className="text-xs text-faint">{group}</h3>
          <dl className="mt-1.5 grid grid-cols-[5rem_1fr] gap-y-1.5">
            {keys.map((key) => (
              <div key={key} className="contents">
                <dt>
                  <kbd className="rounded border border-edge bg-raised px-1.5 font-mono text-xs whitespace-pre">
                    {nameOfKey(key)}
                  </kbd>
                </dt>
                <dd className="text-dim">{KEY_BINDINGS[key].what}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Dialog>
  );
}
