import {
  createContext,
  type KeyboardEvent,
  type ReactNode,
  useContext,
  useEffect,
  useId,
  useRef,
  useState,
} from "react";
import { buttonClass } from "./button.tsx";

const CloseMenu = createContext<() => void>(() => undefined);

/** A button with things to do behind it. Arrows go through them, Escape and a press elsewhere close it. */
export function Menu(props: {
  label: string;
  button: ReactNode;
  children: ReactNode;
  side?: "top" | "bottom";
  align?: "start" | "end";
  disabled?: boolean;
  /** For keys that open it from elsewhere. */
  name?: string;
  /** As high as a field of a form. */
  tall?: boolean;
}) {
  const { label, button, children, side = "bottom", align = "start", disabled = false, name, tall = false } = props;
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const typed = useRef(new TypedAhead());
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };

  useEffect(() => {
    if (!isOpen) return undefined;
    itemsIn(root.current)[0]?.focus();
    const closeOutside = (press: PointerEvent) => {
      if (press.target instanceof Node && root.current?.contains(press.target) !== true) setOpen(false);
    };
    document.addEventListener("pointerdown", closeOutside);
    return () => document.removeEventListener("pointerdown", closeOutside);
  }, [isOpen]);

  const onKey = (pressed: KeyboardEvent) => {
    if (!isOpen) return;
    if (pressed.key === "Escape") {
      pressed.stopPropagation();
      close();
    }
    if (pressed.key === "Tab") setOpen(false);
    const items = itemsIn(root.current);
    if (pressed.key.length === 1 && pressed.key !== " " && !pressed.ctrlKey && !pressed.metaKey && !pressed.altKey) {
      pressed.preventDefault();
      focusBeginningWith(items, typed.current.add(pressed.key, pressed.timeStamp));
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    if (step === undefined) return;
    pressed.preventDefault();
    const at = items.findIndex((item) => item === document.activeElement);
    items[(at + step + items.length) % items.length]?.focus();
  };

  return (
    <div ref={root} className="relative inline-block" onKeyDown={onKey}>
      <button
        ref={opener}
        type="button"
        data-menu={name}
        disabled={disabled}
        aria-label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen(!isOpen)}
        className={`${buttonClass} ${tall ? "h-8!" : ""}`}
      >
        {button}
        <svg viewBox="0 0 10 10" aria-hidden className="size-2.5 shrink-0 text-faint">
          <path d="m2 3.5 3 3 3-3" fill="none" stroke="currentColor" strokeWidth="1.4" strokeLinecap="round" />
        </svg>
      </button>
      {isOpen && (
        <div
          id={id}
          role="menu"
          aria-label={label}
          className={`absolute z-20 max-h-80 min-w-44 overflow-y-auto rounded-lg border border-edge bg-bg p-1 shadow-lg ${
            side === "top" ? "bottom-full mb-1" : "top-full mt-1"
          } ${align === "end" ? "right-0" : "left-0"}`}
        >
          <CloseMenu value={close}>{children}</CloseMenu>
        </div>
      )}
    </div>
  );
}

export function MenuItem(props: { onSelect: () => void; children: ReactNode; danger?: boolean; isChosen?: boolean }) {
  const close = useContext(CloseMenu);
  const choose = () => {
    close();
    props.onSelect();
  };
  return (
    <button
      type="button"
      role={props.isChosen === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={props.isChosen}
      onClick={choose}
      className={`flex w-full items-center justify-between gap-4 rounded-md px-2 py-1.5 text-left whitespace-nowrap hover:bg-raised focus-visible:-outline-offset-2 ${
        props.danger === true ? "text-red" : ""
      }`}
    >
      {props.children}
      {props.isChosen === true && <span aria-hidden>✓</span>}
    </button>
  );
}

function itemsIn(root: HTMLElement | null): HTMLElement[] {
  const items = [...(root?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
  return items.filter((item) => item.checkVisibility());
}

/** Letters typed in quick succession are the beginning of one name. */
class TypedAhead {
  static readonly PAUSE_MS = 700;
  #text = "";
  #lastMs = 0;

  add(letter: string, atMs: number): string {
    this.#text = atMs - this.#lastMs > TypedAhead.PAUSE_MS ? letter : this.#text + letter;
    this.#lastMs = atMs;
    return this.#text;
  }
}

function focusBeginningWith(items: readonly HTMLElement[], text: string): void {
  const wanted = text.toLowerCase();
  items.find((item) => (item.textContent ?? "").trim().toLowerCase().startsWith(wanted))?.focus();
}
