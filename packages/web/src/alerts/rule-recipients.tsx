import { type ApiMember, DESTINATION_FIELDS } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { destinationsQuery } from "../api/destination-queries.ts";
import { membersQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";
import { Disclosure } from "../ui/section.tsx";
import { goneOf, keyOfRecipient, type Recipient, type RuleDraft } from "./rule-draft.ts";

/** Whom the rule tells, beside the pages that are open. */
export function RuleRecipients({
  draft,
  onChange,
}: {
  draft: RuleDraft;
  onChange: (more: Partial<RuleDraft>) => void;
}) {
  const organization = useQuery(sessionQuery()).data?.organization?.slug;
  const destinations = useQuery({ ...destinationsQuery(organization ?? ""), enabled: organization !== undefined });
  const members = useQuery(membersQuery(organization));
  // Whom it names as it is saved: a box that was unchecked stays, and can be checked again.
  const [before] = useState(draft.actions);
  const chosen = new Set(draft.actions.map(keyOfRecipient));
  const box = (recipient: Recipient, name: string, note?: string) => (
    <label key={keyOfRecipient(recipient)} className="flex items-center gap-2">
      <input
        type="checkbox"
        checked={chosen.has(keyOfRecipient(recipient))}
        onChange={({ target: { checked } }) =>
          onChange({
            actions: checked
              ? [...draft.actions, recipient]
              : draft.actions.filter((each) => keyOfRecipient(each) !== keyOfRecipient(recipient)),
          })
        }
      />
      <span className="min-w-0 wrap-anywhere">
        {name} {note !== undefined && <span className="text-xs text-faint">{note}</span>}
      </span>
    </label>
  );
  const people = (members.data ?? []).map((member: ApiMember) => ({
    recipient: { type: "people", who: { user_id: member.user_id } } as const,
    member,
  }));
  const areKnown = destinations.data !== undefined && members.data !== undefined;
  const gone = areKnown
    ? goneOf(before, {
        destinationIds: destinations.data.map(({ id }) => id),
        userIds: members.data.map(({ user_id }) => user_id),
      })
    : [];
  return (
    <fieldset>
      <legend className="mb-2 text-dim">Tell the pages that are open, and</legend>
      <div className="space-y-1.5">
        {destinations.data?.map(({ id, name, kind, is_enabled }) =>
          box(
            { type: "destination", destination_id: id },
            name,
            is_enabled ? DESTINATION_FIELDS[kind].label : `${DESTINATION_FIELDS[kind].label}, switched off`,
          ),
        )}
        {destinations.isError && <p className="text-xs text-red">{destinations.error.message}</p>}
        {box({ type: "people", who: "assignee" }, "Whoever the issue is assigned to", "by email")}
        {box({ type: "people", who: "members" }, "Everybody in the organization", "by email")}
        {gone.map((recipient) =>
          box(
            recipient,
            recipient.type === "destination"
              ? "A destination that was deleted"
              : "Somebody who is no member of the organization any more",
            "is told nothing",
          ),
        )}
        {people.length > 0 && (
          <Disclosure
            title="Particular people"
            open={people.some(({ recipient }) => chosen.has(keyOfRecipient(recipient)))}
          >
            <div className="space-y-1.5">
              {people.map(({ recipient, member }) => box(recipient, member.display_name, member.email))}
            </div>
          </Disclosure>
        )}
      </div>
      <p className="mt-2 text-xs text-faint">
        Slack, webhooks and the like are{" "}
        <Link to="/settings/destinations" className="underline hover:text-ink">
          destinations of the organization
        </Link>
        .
      </p>
    </fieldset>
  );
}
