import type { Breadcrumb } from "@mesher/protocol";
import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { LevelMark } from "../ui/level-mark.tsx";
import { Section } from "../ui/section.tsx";
import { Select } from "../ui/select.tsx";
import { formatBefore, formatClock, formatFull } from "../ui/time.ts";
import { type BreadcrumbFilter, breadcrumbFacts, matchesFilter } from "./breadcrumb-facts.ts";
import { ClampedText } from "./clamped-text.tsx";
import { KeyValues } from "./key-values.tsx";

/** The last ones tell most, and some SDKs send a hundred. */
const SHOWN_AT_FIRST = 15;
/** Fewer are looked through quicker than filtered. */
const FILTERED_MIN = 6;

const ALL: BreadcrumbFilter = { kind: "", level: "", text: "" };

export function Breadcrumbs({ breadcrumbs, eventAt }: { breadcrumbs: readonly Breadcrumb[]; eventAt: string }) {
  const [showsAll, setShowsAll] = useState(false);
  const [filter, setFilter] = useState(ALL);
  const found = breadcrumbs.filter((breadcrumb) => matchesFilter(breadcrumb, filter));
  const hidden = showsAll ? 0 : Math.max(0, found.length - SHOWN_AT_FIRST);
  return (
    <Section
      title="Breadcrumbs"
      note={found.length === breadcrumbs.length ? breadcrumbs.length : `${found.length} of ${breadcrumbs.length}`}
      aside={hidden > 0 && <Button onClick={() => setShowsAll(true)}>Show {hidden} earlier</Button>}
    >
      {breadcrumbs.length >= FILTERED_MIN && <Filters all={breadcrumbs} filter={filter} onFilter={setFilter} />}
      {found.length === 0 ? (
        <p className="py-3 text-faint">No breadcrumb matches.</p>
      ) : (
        <ol aria-label="Breadcrumbs, oldest first" className="divide-y overflow-hidden rounded-lg border">
          {found.slice(hidden).map((breadcrumb) => (
            <BreadcrumbRow key={breadcrumbs.indexOf(breadcrumb)} breadcrumb={breadcrumb} eventAt={eventAt} />
          ))}
        </ol>
      )}
    </Section>
  );
}

interface FiltersProps {
  readonly all: readonly Breadcrumb[];
  readonly filter: BreadcrumbFilter;
  readonly onFilter: (filter: BreadcrumbFilter) => void;
}

function Filters({ all, filter, onFilter }: FiltersProps) {
  const kinds = new Set(all.map((breadcrumb) => breadcrumbFacts(breadcrumb).kind));
  const levels = new Set(all.map(({ level }) => level ?? "info"));
  return (
    <div className="mb-2 flex flex-wrap gap-2">
      <input
        type="search"
        aria-label="Search breadcrumbs"
        placeholder="Text…"
        value={filter.text}
        onChange={({ target }) => onFilter({ ...filter, text: target.value })}
        className={`${inputClass} max-w-64 grow basis-32`}
      />
      <Select
        label="Kind of breadcrumb"
        value={filter.kind}
        choices={choicesOf("Any kind", kinds)}
        onChoose={(kind) => onFilter({ ...filter, kind })}
      />
      <Select
        label="Level of breadcrumb"
        value={filter.level}
        choices={choicesOf("Any level", levels)}
        onChoose={(level) => onFilter({ ...filter, level })}
      />
    </div>
  );
}

const choicesOf = (any: string, values: ReadonlySet<string>) => ({
  "": any,
  ...Object.fromEntries([...values].toSorted().map((value) => [value, value])),
});

function BreadcrumbRow({ breadcrumb, eventAt }: { breadcrumb: Breadcrumb; eventAt: string }) {
  const { timestamp, level } = breadcrumb;
  const { kind, text, rest } = breadcrumbFacts(breadcrumb);
  const before = timestamp === undefined ? "" : formatBefore(timestamp, eventAt);
  return (
    <li className="grid grid-cols-[auto_minmax(0,1fr)_auto] gap-x-2.5 px-3 py-1.5">
      <LevelMark level={level ?? "info"} className="mt-1" />
      <div className="min-w-0">
        <span className="mr-2 text-xs wrap-anywhere text-faint">{kind}</span>
        {text !== undefined && <ClampedText text={text} />}
        {rest.length > 0 && <KeyValues entries={rest} />}
      </div>
      {timestamp !== undefined && (
        <time
          dateTime={timestamp}
          title={formatFull(timestamp)}
          className="flex flex-wrap justify-end gap-x-3 text-right text-xs text-faint tabular-nums"
        >
          {formatClock(timestamp)}
          {before !== "" && <span className="hidden min-w-14 sm:block">{before}</span>}
        </time>
      )}
    </li>
  );
}
