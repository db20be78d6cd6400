import type { ApiIssueTag, ApiTagCount } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { issueTagsQuery } from "../api/queries.ts";
import { searchOfTag } from "../dashboards/issue-search-of.ts";
import { formatCount } from "../ui/count.ts";
import { Failure } from "../ui/failure.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { TextButton } from "../ui/text-button.tsx";

/** Values of a tag that are shown at once. */
const VALUES_SHOWN = 3;
const TAGS_SHOWN = 6;

/** What the events of an issue have in common: a press on a value shows the events that have it. */
export function IssueTags({ issueId, shortId }: { issueId: string; shortId: string }) {
  const tags = useQuery(issueTagsQuery(issueId));
  const [showsAll, setShowsAll] = useState(false);
  if (tags.isPending) {
    return (
      <Section title="Tags">
        <Bone className="h-32 w-full" />
      </Section>
    );
  }
  if (tags.data === undefined) {
    return (
      <Section title="Tags">
        <Failure title="The tags could not be loaded." error={tags.error} onRetry={() => void tags.refetch()} />
      </Section>
    );
  }
  if (tags.data.length === 0) return null;
  const shown = showsAll ? tags.data : tags.data.slice(0, TAGS_SHOWN);
  return (
    <Section
      title="Tags"
      aside={
        tags.data.length > TAGS_SHOWN && (
          <TextButton onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? "Fewer" : `All ${tags.data.length}`}
          </TextButton>
        )
      }
    >
      <ul className="space-y-3">
        {shown.map((tag) => (
          <TagShares key={tag.key} tag={tag} shortId={shortId} />
        ))}
      </ul>
    </Section>
  );
}

function TagShares({ tag, shortId }: { tag: ApiIssueTag; shortId: string }) {
  const [isOpen, setOpen] = useState(false);
  const shown = isOpen ? tag.values : tag.values.slice(0, VALUES_SHOWN);
  const hidden = tag.values.length - shown.length;
  return (
    <li className="min-w-0">
      <p className="mb-0.5 flex justify-between gap-2 text-xs text-dim">
        <span className="truncate" title={tag.key}>
          {tag.key}
        </span>
        {hidden > 0 && <TextButton onClick={() => setOpen(true)}>{hidden} more</TextButton>}
      </p>
      <ul aria-label={tag.key}>
        {shown.map((value) => (
          <li key={`${value.kind} ${value.value}`}>
            <Share tag={tag} value={value} shortId={shortId} />
          </li>
        ))}
      </ul>
    </li>
  );
}

function Share({ tag, value, shortId }: { tag: ApiIssueTag; value: ApiTagCount; shortId: string }) {
  const share = tag.total === 0 ? 0 : value.count / tag.total;
  const percent = share > 0 && share < 0.01 ? "<1 %" : `${Math.round(share * 100)} %`;
  const text = value.value ?? (value.kind === "others" ? "others" : "none");
  const content = (
    <>
      <span
        aria-hidden
        className="absolute inset-y-0.5 left-0 rounded-sm bg-line/80"
        style={{ width: `${Math.max(1, share * 100)}%` }}
      />
      <span className={`relative min-w-0 grow truncate ${value.value === null ? "text-faint" : ""}`}>{text}</span>
      <span className="relative shrink-0 text-xs text-dim tabular-nums" title={`${formatCount(value.count)} events`}>
        {percent}
      </span>
    </>
  );
  const shape = "relative flex items-center gap-2 rounded-sm px-1.5 py-0.5";
  if (value.value === null) return <span className={shape}>{content}</span>;
  return (
    <Link
      to="/issues/$issueId"
      params={{ issueId: shortId }}
      search={(before) => ({ ...before, tab: "events", query: searchOfTag(tag.key, value.value ?? "") })}
      resetScroll={false}
      title={text}
      className={`${shape} hover:bg-hover`}
    >
      {content}
    </Link>
  );
}
