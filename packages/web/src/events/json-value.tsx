import { exactNumberOf } from "@mesher/protocol";
import { useState } from "react";
import { Chevron } from "../ui/section.tsx";
import { TextButton } from "../ui/text-button.tsx";

const ENTRIES_SHOWN = 100;

/** Any value of an event. Text is text, whatever it says; objects and lists open on demand. */
export function JsonValue({ value, isOpen = false }: { value: unknown; isOpen?: boolean }) {
  if (typeof value === "string") return <TextValue text={value} />;
  if (typeof value !== "object" || value === null) {
    return <code className="text-dim">{JSON.stringify(value) ?? "—"}</code>;
  }
  const number = exactNumberOf(value);
  if (number !== undefined) return <code className="text-dim">{number}</code>;
  const entries = Object.entries(value);
  if (entries.length === 0) return <code className="text-faint">{Array.isArray(value) ? "[]" : "{}"}</code>;
  return <Collection entries={entries} isList={Array.isArray(value)} isOpenAtFirst={isOpen} />;
}

/** Of longer text only the beginning is shown until someone asks for the rest. */
const TEXT_SHOWN_MAX = 400;

function TextValue({ text: whole }: { text: string }) {
  const [isWhole, setWhole] = useState(false);
  const text = isWhole || whole.length <= TEXT_SHOWN_MAX ? whole : `${whole.slice(0, TEXT_SHOWN_MAX)}…`;
  if (text === "") return <code className="text-faint">""</code>;
  const isLink = /^https?:\/\/\S+$/i.test(whole) && URL.canParse(whole);
  return (
    <>
      <code className="wrap-anywhere whitespace-pre-wrap">
        {isLink ? (
          <a href={whole} rel="noreferrer" target="_blank" className="underline decoration-edge underline-offset-2">
            {text}
          </a>
        ) : (
          text
        )}
      </code>
      {text !== whole && (
        <span className="ml-2">
          <TextButton onClick={() => setWhole(true)}>All {whole.length.toLocaleString("en")} characters</TextButton>
        </span>
      )}
    </>
  );
}

interface CollectionProps {
  readonly entries: [string, unknown][];
  readonly isList: boolean;
  readonly isOpenAtFirst: boolean;
}

function Collection({ entries, isList, isOpenAtFirst }: CollectionProps) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst);
  const [open, close] = isList ? ["[", "]"] : ["{", "}"];
  return (
    <details open={isOpen} onToggle={(toggled) => setIsOpen(toggled.currentTarget.open)} className="min-w-0">
      <summary className="inline-flex max-w-full items-center gap-1 rounded text-dim hover:text-ink">
        <Chevron className={isOpen ? "rotate-90" : ""} />
        <code className="truncate">
          {open} {preview(entries, isList)} {close}
        </code>
      </summary>
      {/* Only now: an event may hold ten thousand values that nobody opens. */}
      {isOpen && (
        <ul className="mt-1 space-y-0.5 border-l pl-3">
          {entries.slice(0, ENTRIES_SHOWN).map(([key, value]) => (
            <li key={key} className="flex min-w-0 gap-2">
              <code className="max-w-1/2 shrink-0 wrap-anywhere text-faint">{key}</code>
              <div className="min-w-0">
                <JsonValue value={value} />
              </div>
            </li>
          ))}
          {entries.length > ENTRIES_SHOWN && (
            <li className="text-xs text-faint">{entries.length - ENTRIES_SHOWN} more in the raw JSON</li>
          )}
        </ul>
      )}
    </details>
  );
}

function preview(entries: [string, unknown][], isList: boolean): string {
  if (isList) return `${entries.length} ${entries.length === 1 ? "item" : "items"}`;
  const names = entries.slice(0, 4).map(([key]) => key);
  return names.join(", ") + (entries.length > names.length ? ", …" : "");
}
