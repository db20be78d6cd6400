import type { ApiAuditEntry } from "@mesher/protocol";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { projectsQuery } from "../api/queries.ts";
import { auditQuery } from "../api/settings-queries.ts";
import { Failure } from "../ui/failure.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { AuditFilters } from "./audit-filters.tsx";
import { type AuditSearch, isAuditFiltered } from "./audit-search.ts";
import { factOf, wordsOf } from "./audit-words.ts";
import { Line, Lines } from "./parts.tsx";
import { SettingsFrame } from "./settings-frame.tsx";

/** Who changed what. What an entry names leads to all others that do. */
export function AuditPage({ search }: { search: AuditSearch }) {
  return (
    <SettingsFrame title="Audit log" adminOnly>
      {({ organization }) => (
        <>
          <AuditFilters organization={organization} search={search} />
          <Entries search={search} />
        </>
      )}
    </SettingsFrame>
  );
}

function Entries({ search }: { search: AuditSearch }) {
  const audit = useInfiniteQuery(auditQuery(search));
  if (audit.isPending) return <Waiting />;
  if (audit.data === undefined) {
    return <Failure title="The log could not be loaded." error={audit.error} onRetry={() => void audit.refetch()} />;
  }
  const entries = uniqueById(audit.data.pages.flatMap((page) => page.data));
  if (entries.length === 0) {
    return isAuditFiltered(search) ? (
      <Notice title="No change matches." />
    ) : (
      <Notice title="Nothing was changed yet.">Whatever people, tokens and the server change is listed here.</Notice>
    );
  }
  return (
    <>
      <StaleNotice error={audit.error} readAtMs={audit.dataUpdatedAt} />
      <Lines label="Audit log">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} search={search} />
        ))}
      </Lines>
      {audit.hasNextPage && (
        <MoreButton isLoading={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          Earlier
        </MoreButton>
      )}
    </>
  );
}

function Entry({ entry, search }: { entry: ApiAuditEntry; search: AuditSearch }) {
  const { action, actor, target, project_id: projectId, details, created_at } = entry;
  const { data: projects } = useQuery(projectsQuery());
  const project = projects?.find(({ id }) => id === projectId);
  return (
    <Line
      title={
        target.id === null ? (
          wordsOf(action)
        ) : (
          <Narrow
            search={{ ...search, kind: target.kind, id: target.id }}
            title={`All of this ${wordsOf(target.kind)}`}
            className="inline-block min-h-6 leading-6"
          >
            {wordsOf(action)}
          </Narrow>
        )
      }
      detail={
        <>
          by{" "}
          <Narrow search={{ ...search, who: actor.name }} title={`All that ${actor.name} did`}>
            {actor.name}
          </Narrow>
          {project !== undefined && (
            <>
              {" "}
              in{" "}
              <Narrow search={{ ...search, project: project.slug }} title={`All of ${project.name}`}>
                {project.name}
              </Narrow>
            </>
          )}
          {Object.entries(details).flatMap(([name, value]) => {
            const fact = factOf(name, value);
            return fact === undefined ? [] : [<span key={name}> · {fact}</span>];
          })}
        </>
      }
    >
      <span className="text-xs text-faint">
        <RelativeTime at={created_at} />
      </span>
    </Line>
  );
}

function Narrow(props: { search: AuditSearch; title: string; className?: string; children: ReactNode }) {
  const { search, title, className = "", children } = props;
  return (
    <Link to="/settings/audit" search={search} title={title} className={`rounded hover:underline ${className}`}>
      {children}
    </Link>
  );
}

function Waiting() {
  return (
    <div role="status" aria-label="Loading the audit log" className="divide-y rounded-lg border">
      {Array.from({ length: 8 }, (_, row) => (
        <div key={row} className="space-y-1.5 px-3 py-2.5">
          <Bone className="h-4 w-44" />
          <Bone className="h-3 w-72 max-w-full" />
        </div>
      ))}
    </div>
  );
}
