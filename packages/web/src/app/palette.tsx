import { type KeyboardEvent, useEffect, useEffectEvent, useId, useRef, useState, useSyncExternalStore } from "react";
import { isComposing } from "../ui/is-composing.ts";
import { nameOfKey } from "../ui/key-bindings.ts";
import { useKeys } from "../ui/use-keys.ts";
import { flag } from "./flag.ts";
import { ISSUES_GROUP, type PaletteItem, usePaletteItems } from "./palette-items.ts";

export const palette = flag();

/** Goes to anything and does anything, by its name. */
export function Palette() {
  const isOpen = useSyncExternalStore(palette.listen, palette.isSet);
  useKeys({ "mod+k": palette.set });
  return isOpen ? <PaletteDialog /> : null;
}

function PaletteDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState(0);
  // Enter came while the issues shown were those of what was typed before.
  const isAwaited = useRef(false);
  const { items, isSearching } = usePaletteItems(text);
  const listId = useId();
  const at = Math.min(chosen, items.length - 1);

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(() => {
    // Newer browsers answer with a promise, which an effect must not return.
    document.getElementById(`${listId}-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [listId, at]);

  const run = (item: PaletteItem | undefined) => {
    if (item === undefined) return;
    dialog.current?.close();
    // The browser tells of it later, and Ctrl-K may come before.
    palette.unset();
    item.run();
  };
  const runAwaited = useEffectEvent(() => {
    if (isAwaited.current) run(items[at]);
    isAwaited.current = false;
  });
  useEffect(() => {
    if (!isSearching) runAwaited();
  }, [isSearching]);
  const onKey = (pressed: KeyboardEvent) => {
    if (isComposing(pressed)) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    if (pressed.key === "Enter") {
      if (isSearching && (items[at]?.group ?? ISSUES_GROUP) === ISSUES_GROUP) isAwaited.current = true;
      else run(items[at]);
    } else if (step !== undefined) setChosen((at + step + items.length) % Math.max(1, items.length));
    else return;
    pressed.preventDefault();
  };

  return (
    <dialog
      ref={dialog}
      aria-label="Go to anything"
      // Not if another one has been opened since.
      onClose={() => dialog.current !== null && palette.unset()}
      onPointerDown={(pressed) => pressed.target === dialog.current && dialog.current.close()}
      className="mx-auto mt-[12vh] mb-auto w-[calc(100%-2rem)] max-w-xl rounded-xl border border-edge bg-bg p-0 text-ink shadow-2xl backdrop:bg-black/45"
    >
      <div className="flex max-h-[70vh] flex-col">
        <input
          role="combobox"
          aria-label="Go to anything"
          aria-expanded
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={items.length > 0 ? `${listId}-${at}` : undefined}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          placeholder="Go to a page, a project, an issue…"
          value={text}
          onChange={({ target }) => {
            setText(target.value);
            setChosen(0);
            isAwaited.current = false;
          }}
          onKeyDown={onKey}
          className="h-12 w-full shrink-0 border-b bg-transparent px-4 text-sm placeholder:text-faint focus-visible:outline-none"
        />
        <div
          id={listId}
          role="listbox"
          aria-label="What fits"
          aria-busy={isSearching}
          className="min-h-0 overflow-y-auto p-1.5"
        >
          {groupsOf(items).map(({ name, members }) => (
            <div key={name} role="group" aria-label={name}>
              <p aria-hidden className="px-2.5 pt-2 pb-1 text-xs text-faint">
                {name}
              </p>
              {members.map(({ item, index }) => (
                <Choice
                  key={item.id}
                  id={`${listId}-${index}`}
                  item={item}
                  isChosen={index === at}
                  onPoint={() => setChosen(index)}
                  onChoose={() => run(item)}
                />
              ))}
            </div>
          ))}
        </div>
        <p role="status" className={items.length > 0 ? "sr-only" : "px-4 pt-2 pb-6 text-center text-dim"}>
          {items.length > 0 ? `${items.length} fit` : isSearching ? "Searching…" : "Nothing fits."}
        </p>
      </div>
    </dialog>
  );
}

interface ChoiceProps {
  readonly id: string;
  readonly item: PaletteItem;
  readonly isChosen: boolean;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function Choice({ id, item, isChosen, onPoint, onChoose }: ChoiceProps) {
  return (
    <div
      id={id}
      role="option"
      aria-selected={isChosen}
      // The list may move under a pointer that rests: only one that moves means something.
      onPointerMove={onPoint}
      onClick={onChoose}
      className={`flex cursor-pointer items-center gap-3 rounded-md px-2.5 py-1.5 ${isChosen ? "bg-raised" : ""}`}
    >
      <span className="min-w-0 grow truncate">{item.name}</span>
      {item.note !== undefined && <span className="shrink-0 text-xs text-faint">{item.note}</span>}
      {item.key !== undefined && <kbd className="shrink-0 font-mono text-xs text-faint">{nameOfKey(item.key)}</kbd>}
    </div>
  );
}

/** In their order; the index is that among all. */
function groupsOf(items: readonly PaletteItem[]) {
  const groups = new Map<string, { item: PaletteItem; index: number }[]>();
  for (const [index, item] of items.entries()) {
    const members = groups.get(item.group) ?? [];
    members.push({ item, index });
    groups.set(item.group, members);
  }
  return [...groups].map(([name, members]) => ({ name, members }));
}
