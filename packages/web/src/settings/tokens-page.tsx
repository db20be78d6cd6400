import type { ApiNewToken } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { hasRole } from "../api/session.ts";
import { tokensQuery } from "../api/settings-queries.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Line, Lines, ShownOnce, useChange } from "./parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "./settings-frame.tsx";

/** What a token may be limited to, with the least first. */
const SCOPES = ["event:read", "issue:write", "project:admin", "org:read", "org:admin"] as const;

export function TokensPage() {
  return (
    <SettingsFrame title="Tokens">
      {(given) => (
        <div className="space-y-10">
          {given.session.user !== null && (
            <Tokens
              title="Your own tokens"
              lead="For your own programs. A token can do what you can, within its scopes, for as long as you can."
              path="api/v1/me/tokens"
              label="Your tokens"
            />
          )}
          {hasRole(given.session, "admin") && <OrganizationTokens {...given} />}
        </div>
      )}
    </SettingsFrame>
  );
}

function OrganizationTokens({ organization }: SettingsPageProps) {
  return (
    <Tokens
      title="Tokens of the organization"
      lead="For programs that belong to no one person. These tokens stay when people leave."
      path={`api/v1/orgs/${encodeURIComponent(organization)}/tokens`}
      label="Tokens of the organization"
      isOfOrganization
    />
  );
}

interface TokensProps {
  readonly title: string;
  readonly lead: string;
  readonly path: string;
  readonly label: string;
  /** Those have a role of their own. */
  readonly isOfOrganization?: boolean;
}

function Tokens({ title, lead, path, label, isOfOrganization = false }: TokensProps) {
  const queries = useQueryClient();
  const query = tokensQuery(path);
  const tokens = useQuery(query);
  const change = useChange(query.queryKey);
  const make = useMutation({
    mutationFn: (data: FormData) => {
      const scopes = SCOPES.filter((scope) => data.has(scope));
      const role = scopes.some((scope) => scope.endsWith(":admin")) ? "admin" : "member";
      return sendJson<ApiNewToken>("POST", path, {
        label: textOf(data, "label"),
        scopes,
        ...(isOfOrganization && { role }),
      });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: query.queryKey }),
  });
  return (
    <Section title={title}>
      <p className="mb-3 text-dim">{lead}</p>
      <Form onData={(data) => make.mutate(data)} className="mb-3 space-y-3">
        <Field label="What it is for" name="label" required maxLength={100} pattern=".*\S.*" className="max-w-sm" />
        <fieldset>
          <legend className="mb-1 text-xs font-medium text-dim">Scopes</legend>
          <div className="flex flex-wrap gap-x-4 gap-y-1.5">
            {SCOPES.map((scope) => (
              <label key={scope} className="inline-flex items-center gap-1.5">
                <input type="checkbox" name={scope} defaultChecked={scope === "event:read"} />
                <code>{scope}</code>
              </label>
            ))}
          </div>
        </fieldset>
        <FormError error={make.error} />
        <Button type="submit" className="h-8" disabled={make.isPending}>
          Create token
        </Button>
      </Form>
      {make.data !== undefined && <ShownOnce title="Keep it now: it is shown only once." text={make.data.token} />}
      <div className="mt-4">
        {tokens.isPending && <Bone className="h-24 w-full" />}
        {tokens.isError && (
          <Failure title="The tokens could not be loaded." error={tokens.error} onRetry={() => void tokens.refetch()} />
        )}
        {tokens.data?.length === 0 && <p className="text-faint">No token yet.</p>}
        {tokens.data !== undefined && tokens.data.length > 0 && (
          <Lines label={label}>
            {tokens.data.map((token) => (
              <Line
                key={token.id}
                title={token.label}
                detail={
                  <>
                    {token.scopes.join(", ")}; created <RelativeTime at={token.created_at} />,{" "}
                    {token.last_used_at === null ? (
                      "never used"
                    ) : (
                      <>
                        used <RelativeTime at={token.last_used_at} />
                      </>
                    )}
                  </>
                }
              >
                <Button
                  aria-label={`Revoke ${token.label}`}
                  disabled={change.isPending}
                  onClick={() =>
                    change.mutate({ path: `${path}/${token.id}/revoke`, done: `${token.label} no longer works` })
                  }
                >
                  Revoke
                </Button>
              </Line>
            ))}
          </Lines>
        )}
      </div>
    </Section>
  );
}
