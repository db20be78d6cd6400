import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { membersQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";
import { inputClass } from "../ui/field.tsx";
import { type Completion, completionsAt } from "./completions.ts";

export const SEARCH_BOX_ID = "search";

/** Completes keys and values while one types; Enter searches. Give it the query as `key`, so that it shows that one. */
export function SearchBox({ query, onSearch }: { query: string; onSearch: (query: string) => void }) {
  const [text, setText] = useState(query);
  const [cursor, setCursor] = useState(query.length);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const organization = useQuery(sessionQuery()).data?.organization?.slug;
  const members = useQuery(membersQuery(organization));
  const people = members.data?.map(({ email }) => email) ?? [];
  const { from, to, choices } = completionsAt(text, cursor, people);
  const isShown = isOpen && choices.length > 0;

  // After a completion the cursor belongs behind it, not at the end.
  useEffect(() => input.current?.setSelectionRange(cursor, cursor), [cursor]);

  const change = (next: string, at: number) => {
    setText(next);
    setCursor(at);
    setChosen(-1);
    setOpen(true);
  };
  const complete = (choice: Completion) => {
    const isKey = choice.text.endsWith(":");
    const behind = text.slice(to).trimStart();
    const inserted = isKey ? choice.text : `${choice.text} `;
    change(text.slice(0, from) + inserted + behind, from + inserted.length);
    input.current?.focus();
  };
  const search = () => {
    setOpen(false);
    onSearch(text.trim());
  };
  const onKey = (pressed: KeyboardEvent) => {
    if (pressed.key === "Escape") {
      if (isShown) setOpen(false);
      else input.current?.blur();
    }
    if (pressed.key === "Enter") {
      pressed.preventDefault();
      const choice = isShown ? choices[chosen] : undefined;
      if (choice === undefined) search();
      else complete(choice);
    }
    const first = choices[Math.max(chosen, 0)];
    if (pressed.key === "Tab" && !pressed.shiftKey && isShown && first !== undefined && text.slice(from, to) !== "") {
      pressed.preventDefault();
      complete(first);
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
    if (step === undefined || choices.length === 0) return;
    pressed.preventDefault();
    setOpen(true);
    setChosen((chosen + step + choices.length + (chosen < 0 && step < 0 ? 1 : 0)) % choices.length);
  };

  return (
    <search className="relative min-w-0 grow">
      <svg
        viewBox="0 0 14 14"
        aria-hidden
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        className="absolute top-2.25 left-2.5 size-3.5 text-faint"
      >
        <path d="M6 1.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM9.2 9.2l3 3" />
      </svg>
      <input
        ref={input}
        id={SEARCH_BOX_ID}
        role="combobox"
        aria-label="Search issues"
        aria-expanded={isShown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isShown && chosen >= 0 ? `${listId}-${chosen}` : undefined}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        enterKeyHint="search"
        placeholder="level:error browser:Chrome words…"
        value={text}
        onChange={(changed) =>
          change(changed.target.value, changed.target.selectionStart ?? changed.target.value.length)
        }
        onSelect={(selected) => setCursor(selected.currentTarget.selectionStart ?? cursor)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKey}
        className={`${inputClass} pr-8 pl-8`}
      />
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear the search"
          onClick={() => {
            setText("");
            onSearch("");
          }}
          className="absolute top-1 right-1 size-6 rounded text-faint hover:text-ink"
        >
          ×
        </button>
      )}
      <ul
        id={listId}
        role="listbox"
        aria-label="Completions"
        hidden={!isShown}
        className="absolute inset-x-0 top-full z-20 mt-1 max-h-80 max-w-lg overflow-y-auto rounded-lg border border-edge bg-bg p-1 shadow-lg"
      >
        {choices.map((choice, index) => (
          <li
            key={choice.text}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === chosen}
            // Before the box loses the focus, which would close the list.
            onPointerDown={(pressed) => {
              pressed.preventDefault();
              complete(choice);
            }}
            className={`flex cursor-pointer items-baseline gap-3 rounded-md px-2 py-1 hover:bg-raised ${
              index === chosen ? "bg-raised" : ""
            }`}
          >
            <code className="shrink-0">{choice.text}</code>
            <span className="truncate text-xs text-faint">{choice.help}</span>
          </li>
        ))}
      </ul>
    </search>
  );
}
