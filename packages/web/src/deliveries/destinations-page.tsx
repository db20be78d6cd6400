import {
  type ApiDestination,
  DESTINATION_FIELDS,
  DESTINATION_KINDS,
  type DestinationField,
  type DestinationKind,
} from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { destinationsQuery } from "../api/destination-queries.ts";
import { hasRole } from "../api/session.ts";
import { ShownOnce, useChange } from "../settings/parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "../settings/settings-frame.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Failure } from "../ui/failure.tsx";
import { isAhead } from "../ui/is-ahead.ts";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { Switch } from "../ui/switch.tsx";
import { DestinationForm } from "./destination-form.tsx";
import { DestinationTest } from "./destination-test.tsx";

/** Where alerts go: made once for the organization, named by the rules of its projects. */
export function DestinationsPage() {
  return <SettingsFrame title="Destinations">{(given) => <Destinations {...given} />}</SettingsFrame>;
}

function Destinations({ organization, session }: SettingsPageProps) {
  const destinations = useQuery(destinationsQuery(organization));
  const mayChange = hasRole(session, "admin");
  const [kind, setKind] = useState<DestinationKind>();
  const [secret, setSecret] = useState<string | null>(null);
  if (destinations.isPending) return <Bone className="h-40 w-full" />;
  if (destinations.data === undefined) {
    return (
      <Failure
        title="The destinations could not be loaded."
        error={destinations.error}
        onRetry={() => void destinations.refetch()}
      />
    );
  }
  return (
    <div className="space-y-8">
      <section aria-label="Destinations">
        {destinations.data.length === 0 ? (
          <p className="text-dim">
            Alerts reach nobody outside these pages yet.{" "}
            {mayChange ? "Choose below where they should go." : "Owners and admins say where they go."}
          </p>
        ) : (
          <ul aria-label="Destinations" className="divide-y rounded-lg border">
            {destinations.data.map((destination) => (
              <DestinationRow
                key={destination.id}
                organization={organization}
                destination={destination}
                mayChange={mayChange}
              />
            ))}
          </ul>
        )}
        {secret !== null && (
          <ShownOnce
            title="Messages are signed with this key, so that their receiver can tell them from others. It is shown only now."
            text={secret}
          />
        )}
      </section>
      {mayChange && (
        <Section title="New destination">
          <div role="group" aria-label="Kind" className="mb-4 flex flex-wrap gap-1.5">
            {DESTINATION_KINDS.map((each) => (
              <Button
                key={each}
                aria-pressed={kind === each}
                onClick={() => setKind(kind === each ? undefined : each)}
                className="aria-pressed:border-ink"
              >
                {DESTINATION_FIELDS[each].label}
              </Button>
            ))}
          </div>
          {kind !== undefined && (
            <DestinationForm
              key={kind}
              organization={organization}
              kind={kind}
              onDone={(made) => {
                setKind(undefined);
                setSecret(made.signing_secret ?? null);
              }}
            />
          )}
        </Section>
      )}
    </div>
  );
}

interface RowProps {
  readonly organization: string;
  readonly destination: ApiDestination;
  readonly mayChange: boolean;
}

function DestinationRow({ organization, destination, mayChange }: RowProps) {
  const { id, kind, name, config, is_enabled, obstacle, paused_until } = destination;
  const path = `api/v1/orgs/${encodeURIComponent(organization)}/destinations/${id}`;
  const change = useChange(["destinations", organization]);
  const [mode, setMode] = useState<"shown" | "edited" | "removed">("shown");
  const toggle = (isOn: boolean) =>
    change.mutate({
      method: "PATCH",
      path,
      body: { is_enabled: isOn },
      done: `${name} is ${isOn ? "on" : "off"}`,
    });
  return (
    <li className="px-3 py-2.5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Switch label={`${name} is on`} isOn={is_enabled} disabled={!mayChange || change.isPending} onChange={toggle} />
        <div className="min-w-0 flex-[1_1_14rem]">
          <p className="font-medium wrap-anywhere">
            {name} <span className="font-normal text-faint">{DESTINATION_FIELDS[kind].label}</span>
          </p>
          <p className="text-xs wrap-anywhere text-dim">
            {DESTINATION_FIELDS[kind].fields
              .map((field) => factOf(field, config[field.name]))
              .filter((fact) => fact !== "")
              .join(" · ")}
          </p>
          {obstacle !== null && <p className="text-xs text-red">{obstacle}</p>}
          {paused_until !== null && isAhead(paused_until) && (
            <p className="text-xs text-amber">
              Its receiver asked to wait; it goes on <RelativeTime at={paused_until} />.
            </p>
          )}
        </div>
        <div className="flex flex-wrap gap-1.5">
          {mayChange && <DestinationTest organization={organization} destination={destination} />}
          <Link
            to="/settings/deliveries"
            search={{ destination: id }}
            className="inline-flex h-7 items-center px-1.5 text-xs text-dim underline hover:text-ink"
          >
            Log
          </Link>
          {mayChange && (
            <>
              <Button aria-expanded={mode === "edited"} onClick={() => setMode(mode === "edited" ? "shown" : "edited")}>
                Edit
              </Button>
              <Button aria-label={`Remove ${name}`} onClick={() => setMode("removed")}>
                Remove
              </Button>
            </>
          )}
        </div>
      </div>
      {mode === "edited" && (
        <div className="mt-3 border-t pt-3">
          <DestinationForm
            organization={organization}
            kind={kind}
            destination={destination}
            onDone={() => setMode("shown")}
          />
        </div>
      )}
      {mode === "removed" && (
        <Confirm
          title={`Remove ${name}?`}
          action="Remove"
          onCancel={() => setMode("shown")}
          onConfirm={() => {
            change.mutate({ path: `${path}/delete`, done: `${name} is removed` });
            setMode("shown");
          }}
        >
          Rules that name it tell it nothing any more. Its secrets are deleted.
        </Confirm>
      )}
    </li>
  );
}

function factOf({ label }: DestinationField, value: string | readonly string[] | undefined): string {
  if (value === undefined || value.length === 0) return "";
  return `${label}: ${typeof value === "string" ? value : value.join(", ")}`;
}
