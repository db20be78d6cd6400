import { Fragment } from "react";
import { JsonValue } from "./json-value.tsx";

/** Names and values in two columns; on a narrow screen too, since names are short. */
export function KeyValues({ entries }: { entries: readonly (readonly [string, unknown])[] }) {
  return (
    <dl className="@container min-w-0 divide-y">
      {entries.map(([key, value], index) => (
        // Headers may repeat a name, and the list never changes.
        <div
          key={index}
          className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-3 py-1 @md:grid-cols-[10rem_minmax(0,1fr)] @md:gap-4"
        >
          <dt className="wrap-anywhere text-dim">
            <BreakableName name={key} />
          </dt>
          <dd className="min-w-0">
            <JsonValue value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** A name that is too wide breaks behind a dot, an underscore or a dash rather than inside a word. */
function BreakableName({ name }: { name: string }) {
  return name.split(/(?<=[._-])/).map((part, index) => (
    // The parts of a name never change their places.
    <Fragment key={index}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}
