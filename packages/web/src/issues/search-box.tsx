import type { SearchScope } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, useDeferredValue, useId, useLayoutEffect, useRef, useState } from "react";
import { membersQuery, teamsQuery } from "../api/queries.ts";
import { suggestionsQuery } from "../api/search-queries.ts";
import { sessionQuery } from "../api/session.ts";
import { inputClass } from "../ui/field.tsx";
import { isComposing } from "../ui/is-composing.ts";
import { type Completion, completionsAt, termAt } from "./completions.ts";
import { type SearchFault, searchFault } from "./search-fault.ts";

export const SEARCH_BOX_ID = "search";

interface SearchBoxProps {
  readonly projectSlug: string;
  /** What is searched with it. */
  readonly scope: SearchScope;
  readonly query: string;
  readonly onSearch: (query: string) => void;
}

/** Completes keys and values while one types; Enter searches. Give it the query as `key`, so that it shows that one. */
export function SearchBox({ projectSlug, scope, query, onSearch }: SearchBoxProps) {
  const [text, setText] = useState(query);
  const [cursor, setCursor] = useState(query.length);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  /** What was last searched for in vain: an address may name it. */
  const [refused, setRefused] = useState<string | undefined>(query);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const organization = useQuery(sessionQuery()).data?.organization?.slug;
  const members = useQuery(membersQuery(organization));
  const teams = useQuery(teamsQuery(organization));
  const assignees = [
    ...(teams.data?.map(({ slug }) => `#${slug}`) ?? []),
    ...(members.data?.map(({ email }) => email) ?? []),
  ];
  const term = useDeferredValue(termAt(text, cursor));
  const suggested = useQuery({ ...suggestionsQuery(projectSlug, scope, term), enabled: isOpen }).data ?? [];
  const fits = term === termAt(text, cursor);
  const { from, to, choices } = completionsAt(text, cursor, { scope, assignees, suggested: fits ? suggested : [] });
  const isShown = isOpen && choices.length > 0;
  const fault = refused === text ? searchFault(text, scope) : undefined;

  // At first the cursor stands at the end, after a completion behind it. Else it is where whoever types has it, and what they select.
  const placed = useRef<number | undefined>(query.length);
  useLayoutEffect(() => {
    if (placed.current !== undefined) input.current?.setSelectionRange(placed.current, placed.current);
    placed.current = undefined;
  });

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
    placed.current = from + inserted.length;
    change(text.slice(0, from) + inserted + behind, placed.current);
    input.current?.focus();
  };
  const search = () => {
    setOpen(false);
    setRefused(text);
    if (searchFault(text, scope) === undefined) onSearch(text.trim());
  };
  const onKey = (pressed: KeyboardEvent) => {
    if (isComposing(pressed)) return;
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
    <search className="relative min-w-0 grow basis-72">
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
        aria-label={`Search ${scope}s`}
        aria-expanded={isShown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={isShown && chosen >= 0 ? `${listId}-${chosen}` : undefined}
        aria-invalid={fault !== undefined}
        aria-describedby={fault === undefined ? undefined : `${listId}-fault`}
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
        className={`${inputClass} pr-8 pl-8 aria-invalid:border-red`}
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
      {fault !== undefined && <Fault id={`${listId}-fault`} text={text} fault={fault} />}
      <ul
        id={listId}
        role="listbox"
        aria-label="Completions"
        hidden={!isShown}
        className="absolute inset-x-0 top-9 z-20 max-h-80 max-w-lg overflow-y-auto rounded-lg border border-edge bg-bg p-1 shadow-lg"
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
            className={`flex cursor-pointer items-baseline justify-between gap-3 rounded-md px-2 py-1 hover:bg-raised ${
              index === chosen ? "bg-raised" : ""
            }`}
          >
            <code className="truncate">{choice.text}</code>
            <span className="max-w-1/2 shrink-0 truncate text-xs text-faint">{choice.help}</span>
          </li>
        ))}
      </ul>
    </search>
  );
}

/** Letters before the fault that are shown: a search may be longer than a line. */
const BEFORE_FAULT = 40;

/** The search, and under the column that is wrong what should stand there. */
function Fault({ id, text, fault }: { id: string; text: string; fault: SearchFault }) {
  const start = Math.max(0, fault.at - BEFORE_FAULT);
  return (
    <div id={id} role="alert" className="mt-1.5 overflow-hidden rounded-md bg-red-wash px-2.5 py-1.5 text-red">
      <pre aria-hidden className="overflow-hidden leading-4">
        {`${start > 0 ? "…" : ""}${text.slice(start, fault.at + BEFORE_FAULT)}\n${" ".repeat(fault.at - start + (start > 0 ? 1 : 0))}^`}
      </pre>
      <p>This is no search. {fault.message.charAt(0).toUpperCase() + fault.message.slice(1)}.</p>
    </div>
  );
}
