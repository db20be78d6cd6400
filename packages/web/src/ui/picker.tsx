import { Fragment, type KeyboardEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { buttonClass } from "./button.tsx";
import { inputClass } from "./field.tsx";
import { isComposing } from "./is-composing.ts";

export interface Choice {
  readonly value: string;
  readonly name: string;
  /** Beside the name, and searched like it. */
  readonly hint?: string | undefined;
  /** What it stands below. Choices of one group stand together. */
  readonly group?: string | undefined;
}

/** How near the edge of the window the list may come. */
const EDGE_PX = 12;

/** A button behind which one of many is chosen: what is typed narrows them down, arrows and Enter choose, Escape closes. */
export function Picker(props: {
  label: string;
  button: string;
  /** In the field, as long as nothing is typed. */
  placeholder: string;
  choices: readonly Choice[];
  /** The value of what is so now. */
  chosen?: string | undefined;
  onChoose: (value: string) => void;
  side?: "top" | "bottom";
  /** For keys that open it from elsewhere. */
  name?: string;
}) {
  const { label, button, placeholder, choices, chosen, onChoose, side = "bottom", name } = props;
  const [isOpen, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const [place, setPlace] = useState({ shiftPx: 0, isBelow: side === "bottom" });
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const shown = choices.filter((choice) => fits(choice, typed));

  const toggle = (next: boolean) => {
    setTyped("");
    setActive(0);
    setPlace({ shiftPx: 0, isBelow: side === "bottom" });
    setOpen(next);
  };
  const choose = (choice: Choice | undefined) => {
    if (choice === undefined) return;
    toggle(false);
    opener.current?.focus();
    onChoose(choice.value);
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    const closeOutside = (press: PointerEvent) => {
      if (press.target instanceof Node && root.current?.contains(press.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [isOpen]);
  // It must not reach over the right edge of a narrow screen, nor over the top of the page.
  useLayoutEffect(() => {
    if (!isOpen || box.current === null) return;
    const { right, top } = box.current.getBoundingClientRect();
    const shiftPx = Math.max(0, right - (document.documentElement.clientWidth - EDGE_PX));
    setPlace((before) => ({ shiftPx, isBelow: before.isBelow || top < EDGE_PX }));
    // Only now, and without scrolling: else the page moves to where the box was before.
    input.current?.focus({ preventScroll: true });
  }, [isOpen]);
  useEffect(() => {
    if (isOpen) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [isOpen, id, active]);

  const onKey = (pressed: KeyboardEvent) => {
    if (isComposing(pressed)) return;
    if (pressed.key === "Escape") {
      pressed.stopPropagation();
      toggle(false);
      opener.current?.focus();
    }
    if (pressed.key === "Tab") toggle(false);
    if (pressed.key === "Enter") {
      pressed.preventDefault();
      choose(shown[active]);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    if (step === undefined || shown.length === 0) return;
    pressed.preventDefault();
    setActive((active + step + shown.length) % shown.length);
  };

  return (
    <div ref={root} className="relative inline-block">
      <button
        ref={opener}
        type="button"
        data-menu={name}
        aria-label={label}
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        onClick={() => toggle(!isOpen)}
        className={buttonClass}
      >
        {button}
        <svg viewBox="0 0 10 10" aria-hidden className="size-2.5 shrink-0 text-faint">
          <path d="m2 3.5 3 3 3-3" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" />
        </svg>
      </button>
      {isOpen && (
        <div
          ref={box}
          style={{ marginLeft: -place.shiftPx }}
          className={`absolute left-0 z-20 w-64 max-w-[calc(100vw-1.5rem)] rounded-lg border border-edge bg-bg p-1 shadow-lg ${
            place.isBelow ? "top-full mt-1" : "bottom-full mb-1"
          }`}
        >
          <input
            ref={input}
            role="combobox"
            aria-label={label}
            aria-expanded
            aria-controls={id}
            aria-activedescendant={shown[active] === undefined ? undefined : `${id}-${active}`}
            aria-autocomplete="list"
            autoComplete="off"
            spellCheck={false}
            placeholder={placeholder}
            value={typed}
            onChange={({ target }) => {
              setTyped(target.value);
              setActive(0);
            }}
            onKeyDown={onKey}
            className={inputClass}
          />
          <div id={id} role="listbox" aria-label={label} className="mt-1 max-h-64 overflow-y-auto">
            {shown.map((choice, index) => (
              <Fragment key={choice.value}>
                {choice.group !== undefined && choice.group !== shown[index - 1]?.group && (
                  <div role="presentation" className="px-2 pt-2 pb-0.5 text-xs text-faint">
                    {choice.group}
                  </div>
                )}
                <div
                  id={`${id}-${index}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={choice.value === chosen}
                  onPointerMove={() => setActive(index)}
                  onClick={() => choose(choice)}
                  onKeyDown={onKey}
                  className={`flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 ${index === active ? "bg-raised" : ""}`}
                >
                  <span className="min-w-0 truncate">{choice.name}</span>
                  {choice.hint !== undefined && (
                    <span className="min-w-0 shrink-[2] truncate text-xs text-faint">{choice.hint}</span>
                  )}
                  {choice.value === chosen && (
                    <span aria-hidden className="ml-auto">
                      ✓
                    </span>
                  )}
                </div>
              </Fragment>
            ))}
          </div>
          <p role="status" className={shown.length === 0 ? "px-2 py-2 text-faint" : "sr-only"}>
            {shown.length === 0 && "Nobody is called so."}
          </p>
        </div>
      )}
    </div>
  );
}

/** All words that were typed stand somewhere in it. */
function fits({ name, hint = "" }: Choice, typed: string): boolean {
  const text = `${name} ${hint}`.toLowerCase();
  return typed
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
