import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { hasRole, type Session, sessionQuery } from "../api/session.ts";
import { ORGANIZATION_PLACES, YOUR_PLACES } from "../app/places.ts";
import { Failure } from "../ui/failure.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { TabStrip, tabClass } from "../ui/tab-strip.tsx";

export interface SettingsPageProps {
  readonly session: Session;
  readonly organization: string;
}

/** `adminOnly`: the server answers nobody else, so neither does the page ask. */
export function SettingsFrame(props: {
  title: string;
  adminOnly?: boolean;
  children: (given: SettingsPageProps) => ReactNode;
}) {
  const session = useQuery(sessionQuery());
  return (
    <div className="max-w-4xl px-4 pb-20 sm:px-6">
      <title>{`${props.title} · Mesher`}</title>
      <div className="flex min-h-13 items-center">
        <h1 className="text-[0.9375rem] font-semibold">{props.title}</h1>
      </div>
      {/* On a wide screen the sidebar has the same links. */}
      <div className="lg:hidden">
        <TabStrip label="Settings">
          {(session.data === undefined
            ? []
            : [...ORGANIZATION_PLACES.filter(({ least }) => hasRole(session.data, least)), ...YOUR_PLACES]
          ).map((place) => (
            <Link key={place.to} to={place.to} className={tabClass}>
              {"tab" in place ? place.tab : place.name}
            </Link>
          ))}
        </TabStrip>
      </div>
      <Content session={session.data} error={session.error} onRetry={() => void session.refetch()} {...props} />
    </div>
  );
}

function Content(props: {
  session: Session | undefined;
  error: Error | null;
  onRetry: () => void;
  adminOnly?: boolean;
  children: (given: SettingsPageProps) => ReactNode;
}) {
  const { session } = props;
  if (session === undefined) {
    return props.error === null ? (
      <PageSkeleton label="Loading the settings" />
    ) : (
      <Failure title="The settings could not be loaded." error={props.error} onRetry={props.onRetry} />
    );
  }
  if (session.organization === undefined) return <Notice title="You are a member of no organization." />;
  if (props.adminOnly === true && !hasRole(session, "admin")) {
    return <Notice title="This is for owners and admins of the organization." />;
  }
  return props.children({ session, organization: session.organization.slug });
}
