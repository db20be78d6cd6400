import { useInfiniteQuery } from "@tanstack/react-query";
import { auditQuery } from "../api/settings-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { Line, Lines } from "./parts.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

export function AuditPage() {
  return (
    <SettingsFrame title="Audit log" adminOnly>
      {() => <Entries />}
    </SettingsFrame>
  );
}

function Entries() {
  const audit = useInfiniteQuery(auditQuery());
  if (audit.isPending) return <Bone className="h-64 w-full" />;
  if (audit.data === undefined) {
    return <Failure title="The log could not be loaded." error={audit.error} onRetry={() => void audit.refetch()} />;
  }
  const entries = uniqueById(audit.data.pages.flatMap((page) => page.data));
  return (
    <Section title="Who changed what">
      {entries.length === 0 ? (
        <p className="text-faint">Nothing was changed yet.</p>
      ) : (
        <Lines label="Audit log">
          {entries.map(({ id, action, actor, details, created_at }) => (
            <Line
              key={id}
              title={action.replace(/[._]/g, " ")}
              detail={
                <>
                  by {actor.name}
                  {Object.entries(details)
                    .filter(([, value]) => !isId(value))
                    .map(([name, value]) => (
                      <span key={name}>
                        {" "}
                        · {wordsOf(name)} {readable(value)}
                      </span>
                    ))}
                </>
              }
            >
              <span className="text-xs text-faint">
                <RelativeTime at={created_at} />
              </span>
            </Line>
          ))}
        </Lines>
      )}
      {audit.hasNextPage && (
        <MoreButton isLoading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          Earlier
        </MoreButton>
      )}
    </Section>
  );
}

/** What a change says of itself, without braces and quotes. */
function readable(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(readable).join(", ");
  if (typeof value !== "object" || value === null) return "none";
  return Object.entries(value)
    .map(([name, part]) => `${wordsOf(name)} ${readable(part)}`)
    .join(", ");
}

/** `rate limit events` of `rateLimitEvents` and `rate_limit_events`. */
function wordsOf(name: string): string {
  return name
    .replaceAll("_", " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}

/** Programs know things by it; to people it says nothing. */
function isId(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value);
}
