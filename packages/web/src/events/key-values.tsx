import { JsonValue } from "./json-value.tsx";

/** Names and values in two columns; on a narrow screen too, since names are short. */
export function KeyValues({ entries }: { entries: readonly (readonly [string, unknown])[] }) {
  return (
    <dl className="min-w-0 divide-y">
      {entries.map(([key, value], index) => (
        // Headers may repeat a name, and the list never changes.
        <div key={index} className="grid grid-cols-[minmax(5rem,10rem)_minmax(0,1fr)] gap-3 py-1">
          <dt className="truncate text-dim" title={key}>
            {key}
          </dt>
          <dd className="min-w-0">
            <JsonValue value={value} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
