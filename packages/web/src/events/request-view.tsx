import { curlOf, type Request, withQuery } from "@mesher/protocol";
import { CopyButton } from "../ui/copy-button.tsx";
import { Disclosure, Section } from "../ui/section.tsx";
import { JsonValue } from "./json-value.tsx";
import { KeyValues } from "./key-values.tsx";

export function RequestView({ request }: { request: Request }) {
  const curl = curlOf(request);
  const query = pairs(request.query_string);
  const cookies = pairs(request.cookies);
  const headers = request.headers ?? [];
  const env = Object.entries(request.env ?? {});
  return (
    <Section title="Request" aside={curl !== undefined && <CopyButton text={curl} label="Copy as curl" />}>
      <div className="rounded-lg border px-3 py-2">
        <p className="flex min-w-0 flex-wrap gap-x-2">
          <code className="font-semibold">{request.method ?? "GET"}</code>
          <JsonValue value={withQuery(request.url ?? "(no address)", request.query_string)} />
        </p>
        <div className="mt-1">
          {query.length > 0 && (
            <Disclosure title="Query" note={query.length}>
              <KeyValues entries={query} />
            </Disclosure>
          )}
          {request.data !== undefined && request.data !== null && request.data !== "" && (
            <Disclosure title="Body" open>
              <div className="max-h-80 overflow-y-auto">
                {isRecord(request.data) ? (
                  <KeyValues entries={Object.entries(request.data)} />
                ) : (
                  <JsonValue value={request.data} />
                )}
              </div>
            </Disclosure>
          )}
          {headers.length > 0 && (
            <Disclosure title="Headers" note={headers.length} open={headers.length <= 8}>
              <KeyValues entries={headers} />
            </Disclosure>
          )}
          {cookies.length > 0 && (
            <Disclosure title="Cookies" note={cookies.length}>
              <KeyValues entries={cookies} />
            </Disclosure>
          )}
          {env.length > 0 && (
            <Disclosure title="Environment of the server" note={env.length}>
              <KeyValues entries={env} />
            </Disclosure>
          )}
        </div>
      </div>
    </Section>
  );
}

function pairs(value: Request["query_string"]): readonly (readonly [string, string])[] {
  if (value === undefined || value === "") return [];
  return typeof value === "string" ? [...new URLSearchParams(value.replaceAll("; ", "&"))] : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
