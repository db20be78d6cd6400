import { type ApiIssue, type ApiIssueCommand, type IssueStatus, PRIORITIES } from "@mesher/protocol";
import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { AssignMenu } from "./assign-menu.tsx";
import { TermsDialog } from "./terms-dialog.tsx";

interface IssueActionsProps {
  readonly issues: readonly ApiIssue[];
  /** All that match a list of this status are meant, of which `issues` are a part. */
  readonly all?: IssueStatus | "all" | undefined;
  readonly onCommand: (command: ApiIssueCommand) => void;
  /** Where the menus open. */
  readonly side: "top" | "bottom";
}

/** What can be done with one issue, or with many at once. */
export function IssueActions({ issues, all, onCommand, side }: IssueActionsProps) {
  const [asked, setAsked] = useState<"delete" | "release" | "days" | "events">();
  const status = all ?? sharedStatus(issues);
  return (
    <>
      {status === "discarded" ? (
        <Button onClick={() => onCommand({ do: "undiscard" })}>Undiscard</Button>
      ) : (
        <>
          {status === "resolved" ? (
            <Button onClick={() => onCommand({ do: "unresolve" })}>Unresolve</Button>
          ) : (
            <Menu label="Resolve" button="Resolve" name="resolve" side={side}>
              <MenuItem onSelect={() => onCommand({ do: "resolve", mode: "now" })}>Now</MenuItem>
              <MenuItem onSelect={() => onCommand({ do: "resolve", mode: "in_next_release" })}>
                In the next release
              </MenuItem>
              <MenuItem onSelect={() => setAsked("release")}>In a release…</MenuItem>
            </Menu>
          )}
          {status === "archived" ? (
            <Button onClick={() => onCommand({ do: "unresolve" })}>Unarchive</Button>
          ) : (
            <Menu label="Archive" button="Archive" side={side}>
              <MenuItem onSelect={() => onCommand({ do: "archive", mode: "until_escalating" })}>
                Until it escalates
              </MenuItem>
              <MenuItem onSelect={() => onCommand({ do: "archive", mode: "for_days", days: 7 })}>For 7 days</MenuItem>
              <MenuItem onSelect={() => onCommand({ do: "archive", mode: "for_days", days: 30 })}>For 30 days</MenuItem>
              <MenuItem onSelect={() => onCommand({ do: "archive", mode: "for_events", events: 100 })}>
                For 100 more events
              </MenuItem>
              <MenuItem onSelect={() => setAsked("days")}>For some days…</MenuItem>
              <MenuItem onSelect={() => setAsked("events")}>For some more events…</MenuItem>
              <MenuItem onSelect={() => onCommand({ do: "archive", mode: "for_ever" })}>For ever</MenuItem>
            </Menu>
          )}
        </>
      )}
      <AssignMenu issues={issues} onCommand={onCommand} side={side} />
      <div className="max-sm:hidden">
        <Menu label="Priority" button="Priority" side={side}>
          <PriorityItems onCommand={onCommand} />
        </Menu>
      </div>
      <Menu label="More actions" button="More" side={side} align="end">
        {/* A narrow screen has no room for a button more. */}
        <div className="sm:hidden">
          <PriorityItems prefix="Priority: " onCommand={onCommand} />
        </div>
        {status !== "discarded" && (
          <MenuItem onSelect={() => onCommand({ do: "discard" })}>Discard, with events to come</MenuItem>
        )}
        <MenuItem danger onSelect={() => setAsked("delete")}>
          Delete…
        </MenuItem>
      </Menu>
      {asked === "delete" && (
        <Confirm
          title={all === undefined ? `Delete ${nameOf(issues)}?` : "Delete all issues that match?"}
          action="Delete"
          onCancel={() => setAsked(undefined)}
          onConfirm={() => {
            setAsked(undefined);
            onCommand({ do: "delete" });
          }}
        >
          All their events, comments and activity go, too. This cannot be undone. The next event like them makes a new
          issue.
        </Confirm>
      )}
      {asked !== undefined && asked !== "delete" && (
        <TermsDialog
          terms={asked}
          onCancel={() => setAsked(undefined)}
          onCommand={(command) => {
            setAsked(undefined);
            onCommand(command);
          }}
        />
      )}
    </>
  );
}

function PriorityItems({ prefix = "", onCommand }: Pick<IssueActionsProps, "onCommand"> & { prefix?: string }) {
  return (
    <>
      {PRIORITIES.map((priority) => (
        <MenuItem key={priority} onSelect={() => onCommand({ do: "set_priority", priority })}>
          <span className="first-letter:uppercase">{`${prefix}${priority}`}</span>
        </MenuItem>
      ))}
      <MenuItem onSelect={() => onCommand({ do: "set_priority", priority: "auto" })}>
        <span className="first-letter:uppercase">{`${prefix}automatic`}</span>
      </MenuItem>
    </>
  );
}

const nameOf = (issues: readonly ApiIssue[]) => (issues.length === 1 ? issues[0]?.short_id : `${issues.length} issues`);

/** Of several issues with several statuses there is none. */
function sharedStatus(issues: readonly ApiIssue[]): IssueStatus | undefined {
  const statuses = new Set(issues.map(({ status }) => status));
  return statuses.size === 1 ? issues[0]?.status : undefined;
}
