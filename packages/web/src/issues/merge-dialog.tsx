import type { ApiIssue } from "@mesher/protocol";
import { useState } from "react";
import { PrimaryButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Form } from "../ui/form.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { survivorOf } from "./survivor.ts";
import { TitleText } from "./title-text.tsx";

interface MergeDialogProps {
  /** Two or more, of one project. */
  readonly issues: readonly ApiIssue[];
  readonly onMerge: (into: ApiIssue, others: readonly ApiIssue[]) => void;
  readonly onCancel: () => void;
}

/** Which of the issues stays. */
export function MergeDialog({ issues, onMerge, onCancel }: MergeDialogProps) {
  const [chosenId, setChosenId] = useState(() => survivorOf(issues).id);
  const chosen = issues.find(({ id }) => id === chosenId) ?? survivorOf(issues);
  const others = issues.filter((issue) => issue !== chosen);
  const frequent = theOne(issues, ({ event_count }) => event_count);
  const oldest = theOne(issues, ({ first_seen }) => -Date.parse(first_seen));
  return (
    <Dialog title={`Merge ${issues.length} issues`} onClose={onCancel}>
      <Form onData={() => onMerge(chosen, others)} className="mt-3">
        <fieldset>
          <legend className="mb-2 text-dim">
            Which one stays? Its title, status and number are those of all their events.
          </legend>
          <div className="max-h-80 divide-y overflow-y-auto rounded-lg border">
            {issues.map((issue) => (
              <label key={issue.id} className="flex cursor-pointer items-start gap-2.5 px-3 py-2 hover:bg-hover">
                <input
                  type="radio"
                  name="into"
                  value={issue.id}
                  checked={issue === chosen}
                  onChange={() => setChosenId(issue.id)}
                  className="mt-0.5"
                />
                <span className="min-w-0">
                  <TitleText title={issue.title} className="line-clamp-1 break-all" />
                  <span className="flex flex-wrap gap-x-2 text-xs text-dim tabular-nums">
                    <span>{issue.short_id}</span>
                    <span>
                      {issue.event_count.toLocaleString("en")} {issue.event_count === 1 ? "event" : "events"}
                      {issue === frequent && <b className="font-medium text-ink"> · most</b>}
                    </span>
                    <span>
                      first seen <RelativeTime at={issue.first_seen} />
                      {issue === oldest && <b className="font-medium text-ink"> · oldest</b>}
                    </span>
                  </span>
                </span>
              </label>
            ))}
          </div>
        </fieldset>
        <p className="mt-3 text-dim">
          {others.length === 1 ? "The other one becomes" : `The other ${others.length} become`} part of{" "}
          <span className="font-medium text-ink">{chosen.short_id}</span>, with all events. They can be taken out again.
        </p>
        <div className="mt-5 flex justify-end">
          <PrimaryButton type="submit" className="h-7">
            Merge into {chosen.short_id}
          </PrimaryButton>
        </div>
      </Form>
    </Dialog>
  );
}

/** The one of which it is most; undefined if two are alike in it. */
function theOne(issues: readonly ApiIssue[], of: (issue: ApiIssue) => number): ApiIssue | undefined {
  const [first, second] = issues.toSorted((one, other) => of(other) - of(one));
  return first !== undefined && second !== undefined && of(first) === of(second) ? undefined : first;
}
