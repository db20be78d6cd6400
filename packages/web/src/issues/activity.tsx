import type { ApiActivity, ApiIssueDetail, IssueAction } from "@mesher/protocol";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { sendJson } from "../api/client.ts";
import { useTakeOut } from "../api/merge-commands.ts";
import { activityQuery } from "../api/queries.ts";
import { sessionQuery } from "../api/session.ts";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { FormError, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { useAssigneeName } from "./assignee.tsx";

const COMMENT_LENGTH_MAX = 10_000;

const PHRASE: Readonly<Record<IssueAction | "comment", string>> = {
  new: "saw it for the first time",
  resolved: "resolved it",
  unresolved: "made it unresolved",
  archived: "archived it",
  discarded: "discarded it",
  undiscarded: "took it back",
  deleted: "deleted it",
  regressed: "saw it again, though it was resolved",
  escalated: "saw many more events than usual",
  archive_ended: "ended its archiving",
  assigned: "assigned it",
  priority_set: "set its priority",
  merged: "merged other issues into it",
  unmerged: "took issues out of it",
  comment: "commented",
};

export function Activity({ issue }: { issue: ApiIssueDetail }) {
  return (
    <Section title="Activity">
      <CommentForm issueId={issue.id} />
      <ActivityList issue={issue} />
    </Section>
  );
}

function CommentForm({ issueId }: { issueId: string }) {
  const queries = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const comment = useMutation({
    mutationFn: (text: string) => sendJson("POST", `api/v1/issues/${encodeURIComponent(issueId)}/comments`, { text }),
    onSuccess: () => {
      form.current?.reset();
      return queries.invalidateQueries({ queryKey: ["activity", issueId] });
    },
  });
  return (
    <Form ref={form} onData={(data) => comment.mutate(textOf(data, "text"))} className="mb-3 space-y-2">
      <textarea
        name="text"
        aria-label="Comment"
        placeholder="Comment…"
        rows={2}
        required
        maxLength={COMMENT_LENGTH_MAX}
        className={`${inputClass} h-auto resize-y py-1.5`}
      />
      <FormError error={comment.error} />
      <Button type="submit" disabled={comment.isPending}>
        Comment
      </Button>
    </Form>
  );
}

function ActivityList({ issue }: { issue: ApiIssueDetail }) {
  const activity = useInfiniteQuery(activityQuery(issue.id));
  if (activity.isPending) return <Bone className="h-20 w-full" />;
  if (activity.data === undefined) {
    return (
      <Failure
        title="The activity could not be loaded."
        error={activity.error}
        onRetry={() => void activity.refetch()}
      />
    );
  }
  const entries = uniqueById(activity.data.pages.flatMap((page) => page.data));
  if (entries.length === 0) return <p className="text-faint">Nothing has happened yet.</p>;
  return (
    <>
      <ol aria-label="Activity" className="space-y-3">
        {entries.map((entry) => (
          <Entry key={entry.id} issue={issue} entry={entry} />
        ))}
      </ol>
      {activity.hasNextPage && (
        <Button className="mt-3" disabled={activity.isFetchingNextPage} onClick={() => void activity.fetchNextPage()}>
          Earlier
        </Button>
      )}
    </>
  );
}

function Entry({ issue, entry }: { issue: ApiIssueDetail; entry: ApiActivity }) {
  const issueId = issue.id;
  const session = useQuery(sessionQuery()).data;
  const isOwn = entry.kind === "comment" && session?.user != null && entry.actor.id === session.user.id;
  const queries = useQueryClient();
  const [isEditing, setEditing] = useState(false);
  const path = `api/v1/issues/${encodeURIComponent(issueId)}/comments/${entry.id}`;
  const refresh = () => queries.invalidateQueries({ queryKey: ["activity", issueId] });
  const removal = useMutation({
    mutationFn: () => sendJson("POST", `${path}/delete`),
    onSuccess: () => toast("Comment deleted", () => restoring.mutate(entry.comment ?? "")),
    onSettled: refresh,
  });
  const restoring = useMutation({
    mutationFn: (text: string) => sendJson("POST", `api/v1/issues/${encodeURIComponent(issueId)}/comments`, { text }),
    onSuccess: () => toast("Undone"),
    onError: (error) => toastFailure("The comment could not be written again.", error),
    onSettled: refresh,
  });
  const edit = useMutation({
    mutationFn: (text: string) => sendJson("POST", path, { text }),
    onSuccess: () => {
      setEditing(false);
      return refresh();
    },
  });
  return (
    <li className="min-w-0">
      <p className="text-dim">
        <span className="font-medium text-ink">{entry.actor.kind === "system" ? "Mesher" : entry.actor.name}</span>{" "}
        {PHRASE[entry.kind]} <Detail entry={entry} />
        <span className="text-xs text-faint">
          <RelativeTime at={entry.at} />
          {entry.edited_at !== null && ", edited"}
        </span>
      </p>
      {entry.comment !== null && isEditing && (
        <Form onData={(data) => edit.mutate(textOf(data, "text"))} className="mt-1 space-y-2">
          <textarea
            name="text"
            aria-label="Change the comment"
            defaultValue={entry.comment}
            rows={3}
            required
            autoFocus
            maxLength={COMMENT_LENGTH_MAX}
            className={`${inputClass} h-auto resize-y py-1.5`}
          />
          <FormError error={edit.error} />
          <span className="flex gap-1.5">
            <Button type="submit" disabled={edit.isPending}>
              Save
            </Button>
            <Button onClick={() => setEditing(false)}>Cancel</Button>
          </span>
        </Form>
      )}
      {entry.comment !== null && !isEditing && (
        <div className="mt-1 rounded-lg border bg-raised px-2.5 py-1.5 break-words whitespace-pre-wrap">
          {entry.comment}
        </div>
      )}
      {entry.kind === "merged" && <UndoMerge issue={issue} entry={entry} />}
      {isOwn && !isEditing && (
        <span className="mt-0.5 flex gap-3">
          <TextButton onClick={() => setEditing(true)}>Edit</TextButton>
          <TextButton onClick={() => removal.mutate()}>Delete</TextButton>
        </span>
      )}
      <FormError error={removal.error} />
    </li>
  );
}

/** As long as something of what went into the issue then is still part of it. */
function UndoMerge({ issue, entry }: { issue: ApiIssueDetail; entry: ApiActivity }) {
  const takeOut = useTakeOut();
  const { from } = entry.details;
  const merged = issue.fingerprints.flatMap(({ fingerprint, merged_from }) =>
    merged_from !== null && Array.isArray(from) && from.includes(merged_from.id) ? [{ fingerprint, merged_from }] : [],
  );
  if (merged.length === 0) return null;
  const issues = uniqueById(merged.map(({ merged_from }) => merged_from));
  return (
    <TextButton
      onClick={() => takeOut.mutate({ of: issue, fingerprints: merged.map(({ fingerprint }) => fingerprint), issues })}
    >
      Undo the merge
    </TextButton>
  );
}

function Detail({ entry }: { entry: ApiActivity }) {
  const assigneeName = useAssigneeName();
  const text = (name: string) => {
    const value = entry.details[name];
    return typeof value === "string" ? value : undefined;
  };
  if (entry.kind === "assigned") {
    const [userId, teamId] = [text("user_id") ?? null, text("team_id") ?? null];
    return <>to {userId === null && teamId === null ? "nobody" : assigneeName(userId, teamId)} </>;
  }
  const said = text("release") ?? text("priority");
  return said === undefined ? null : <>({said}) </>;
}
