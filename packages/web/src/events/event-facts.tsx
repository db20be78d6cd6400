import type { ApiEventDetail, User } from "@mesher/protocol";
import { GroupingExplanation } from "../issues/grouping-explanation.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { Section } from "../ui/section.tsx";
import { formatFull } from "../ui/time.ts";
import { CutList } from "./cuts.tsx";
import { KeyValues } from "./key-values.tsx";

/** The short facts of an event, for the column beside it. */
export function EventFacts({ detail, showsGrouping }: { detail: ApiEventDetail; showsGrouping: boolean }) {
  const { normalized: event, cuts } = detail.event;
  const tags = Object.entries(event.tags ?? {});
  return (
    <div className="space-y-6">
      <Section title="Event" aside={<CopyButton text={detail.event.id} label="Copy id" name="Copy id of the event" />}>
        <KeyValues
          entries={[
            ["id", detail.event.id] as const,
            ["occurred", formatFull(event.timestamp)] as const,
            ["received", formatFull(detail.event.received_at)] as const,
            ["environment", event.environment] as const,
            ["release", event.release] as const,
            ["dist", event.dist] as const,
            ["transaction", event.transaction] as const,
            ["server", event.server_name] as const,
            ["logger", event.logger] as const,
            ["platform", event.platform] as const,
            ["SDK", sdkText(detail)] as const,
          ].filter(([, value]) => value !== undefined)}
        />
      </Section>
      {event.user !== undefined && Object.keys(event.user).length > 0 && (
        <Section title="User">
          <KeyValues entries={userEntries(event.user)} />
        </Section>
      )}
      {tags.length > 0 && (
        <Section title="Tags of this event">
          <KeyValues entries={tags} />
        </Section>
      )}
      {cuts.length > 0 && (
        <Section title="Shortened or corrected">
          <CutList cuts={cuts} />
        </Section>
      )}
      {showsGrouping && (
        <Section title="Why grouped">
          <GroupingExplanation grouping={detail.event.grouping} />
        </Section>
      )}
    </div>
  );
}

function sdkText({ event }: ApiEventDetail): string | undefined {
  const name = event.sdk_name ?? event.normalized.sdk?.name;
  if (name === undefined) return undefined;
  return [name, event.sdk_version ?? event.normalized.sdk?.version].filter(Boolean).join(" ");
}

/** Who it is before what else is known. */
function userEntries(user: User): [string, unknown][] {
  const { id, username, email, ip_address, name, ...rest } = user;
  return Object.entries({ id, username, name, email, ip_address, ...rest }).filter(([, value]) => value !== undefined);
}
