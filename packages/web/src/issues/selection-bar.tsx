import type { ApiIssue, ApiIssueCommand, IssueStatus } from "@mesher/protocol";
import { useEffectEvent, useLayoutEffect, useRef, useState } from "react";
import { MERGED_ISSUES_MAX } from "../api/merge-commands.ts";
import { Button } from "../ui/button.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { IssueActions } from "./issue-actions.tsx";
import { MergeDialog } from "./merge-dialog.tsx";

interface SelectionBarProps {
  readonly issues: readonly ApiIssue[];
  /** Also those that are not loaded. */
  readonly isAllMatching: boolean;
  readonly matchingStatus: IssueStatus | "all";
  readonly onAllMatching: (() => void) | undefined;
  readonly onCommand: (command: ApiIssueCommand) => void;
  readonly onMerge: (into: ApiIssue, others: readonly ApiIssue[]) => void;
  readonly onClear: () => void;
  /** It goes away, and takes the focus with it. */
  readonly onFocusLost: () => void;
}

/** What can be done with the selected issues, at the lower edge of the window. */
export function SelectionBar(props: SelectionBarProps) {
  const { issues, isAllMatching, matchingStatus, onAllMatching, onCommand, onMerge, onClear } = props;
  const [isMerging, setMerging] = useState(false);
  const isKept = issues.every(({ status }) => status !== "discarded");
  const bar = useRef<HTMLDivElement>(null);
  const giveFocusBack = useEffectEvent(props.onFocusLost);
  useLayoutEffect(() => {
    const shown = bar.current;
    return () => {
      if (shown?.contains(document.activeElement) === true) giveFocusBack();
    };
  }, []);
  const canMerge = !isAllMatching && issues.length > 1 && issues.length <= MERGED_ISSUES_MAX && isKept;
  return (
    <div
      ref={bar}
      role="toolbar"
      aria-label="Selected issues"
      className="sticky bottom-4 z-10 mx-auto mt-4 flex w-fit max-w-[calc(100%-1.5rem)] flex-wrap items-center justify-center gap-1.5 rounded-xl border border-edge bg-bg px-3 py-2 shadow-lg"
    >
      <span className="px-1 font-medium tabular-nums" aria-live="polite">
        {isAllMatching ? "All that match" : `${issues.length} selected`}
      </span>
      {onAllMatching !== undefined && <TextButton onClick={onAllMatching}>Select all that match</TextButton>}
      <IssueActions issues={issues} all={isAllMatching ? matchingStatus : undefined} onCommand={onCommand} side="top" />
      {canMerge && <Button onClick={() => setMerging(true)}>Merge…</Button>}
      {isMerging && (
        <MergeDialog
          issues={issues}
          onCancel={() => setMerging(false)}
          onMerge={(into, others) => {
            setMerging(false);
            onMerge(into, others);
          }}
        />
      )}
      <Button className="border-transparent" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
