import { type ApiMember, type ApiNewInvitation, type ApiRole } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { membersQuery } from "../api/queries.ts";
import { hasRole } from "../api/session.ts";
import { invitationsQuery } from "../api/settings-queries.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Line, Lines, ShownOnce, useChange } from "./parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "./settings-frame.tsx";

const ROLES: readonly ApiRole[] = ["member", "admin", "owner"];

export function MembersPage() {
  return (
    <SettingsFrame title="Members">
      {(given) => (
        <div className="space-y-8">
          <Members {...given} />
          {hasRole(given.session, "admin") && <Invitations {...given} />}
        </div>
      )}
    </SettingsFrame>
  );
}

function Members({ organization, session }: SettingsPageProps) {
  const members = useQuery(membersQuery(organization));
  const change = useChange(["members", organization]);
  const [leaving, setLeaving] = useState<ApiMember>();
  const mayChange = hasRole(session, "admin");
  if (members.isPending) return <Bone className="h-40 w-full" />;
  if (members.data === undefined) {
    return (
      <Failure title="The members could not be loaded." error={members.error} onRetry={() => void members.refetch()} />
    );
  }
  const path = (member: ApiMember, verb: string) =>
    `api/v1/orgs/${encodeURIComponent(organization)}/members/${member.id}/${verb}`;
  return (
    <section aria-label="Members">
      {members.data.length === 0 && (
        <p className="text-faint">Nobody yet: open the set-up link that Mesher printed when it started.</p>
      )}
      <Lines label="Members">
        {members.data.map((member) => (
          <Line
            key={member.id}
            title={member.display_name}
            detail={
              <>
                {member.email}, joined <RelativeTime at={member.joined_at} />
              </>
            }
          >
            {mayChange ? (
              <>
                <select
                  aria-label={`Role of ${member.display_name}`}
                  value={member.role}
                  disabled={change.isPending}
                  onChange={({ target: { value } }) =>
                    change.mutate({
                      path: path(member, "role"),
                      body: { role: value },
                      done: `${member.display_name} is now ${value}`,
                    })
                  }
                  className="h-7 rounded-md border border-edge bg-bg px-1.5 text-xs"
                >
                  {ROLES.map((role) => (
                    <option key={role}>{role}</option>
                  ))}
                </select>
                <Button aria-label={`Remove ${member.display_name}`} onClick={() => setLeaving(member)}>
                  Remove
                </Button>
              </>
            ) : (
              <span className="text-dim">{member.role}</span>
            )}
          </Line>
        ))}
      </Lines>
      {leaving !== undefined && (
        <Confirm
          title={`Remove ${leaving.display_name}?`}
          action="Remove"
          onCancel={() => setLeaving(undefined)}
          onConfirm={() => {
            change.mutate({ path: path(leaving, "remove"), done: `${leaving.display_name} is no longer a member` });
            setLeaving(undefined);
          }}
        >
          They see nothing of this organization from now on, and their tokens stop working.
        </Confirm>
      )}
    </section>
  );
}

function Invitations({ organization }: SettingsPageProps) {
  const queries = useQueryClient();
  const invitations = useQuery(invitationsQuery(organization));
  const change = useChange(["invitations", organization]);
  const base = `api/v1/orgs/${encodeURIComponent(organization)}/invitations`;
  const invite = useMutation({
    mutationFn: (data: FormData) =>
      sendJson<ApiNewInvitation>("POST", base, { email: textOf(data, "email"), role: textOf(data, "role") }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["invitations", organization] }),
  });
  return (
    <Section title="Invitations">
      <Form onData={(data) => invite.mutate(data)} className="mb-3 flex flex-wrap items-end gap-2">
        <Field label="Email" name="email" type="email" required maxLength={254} className="flex-[1_1_14rem]" />
        <select name="role" aria-label="Role" className={`${inputClass} max-w-28`}>
          {ROLES.map((role) => (
            <option key={role}>{role}</option>
          ))}
        </select>
        <Button type="submit" className="h-8" disabled={invite.isPending}>
          Invite
        </Button>
      </Form>
      <FormError error={invite.error} />
      {invite.data !== undefined && (
        <ShownOnce title="Send this link to them. It works once, and is shown only now." text={invite.data.link} />
      )}
      {invitations.isError && (
        <Failure
          title="The invitations could not be loaded."
          error={invitations.error}
          onRetry={() => void invitations.refetch()}
        />
      )}
      {invitations.data?.length === 0 && <p className="mt-3 text-faint">No open invitation.</p>}
      {invitations.data !== undefined && invitations.data.length > 0 && (
        <div className="mt-3">
          <Lines label="Invitations">
            {invitations.data.map(({ id, email, role, expires_at }) => (
              <Line
                key={id}
                title={email ?? "Whoever has the set-up link"}
                detail={
                  <>
                    as {role}, expires <RelativeTime at={expires_at} />
                  </>
                }
              >
                <Button
                  disabled={change.isPending}
                  onClick={() => change.mutate({ path: `${base}/${id}/revoke`, done: "The link no longer works" })}
                >
                  Revoke
                </Button>
              </Line>
            ))}
          </Lines>
        </div>
      )}
    </Section>
  );
}
