import type { Thread } from "@mesher/protocol";
import { useState } from "react";
import { Section } from "../ui/section.tsx";
import type { FrameMode } from "./frames.ts";
import { StacktraceView } from "./stacktrace-view.tsx";

export function Threads({ threads, mode }: { threads: readonly Thread[]; mode: FrameMode }) {
  const firstShown = threads.findIndex((thread) => thread.crashed === true || thread.current === true);
  const [shown, setShown] = useState(Math.max(0, firstShown));
  const thread = threads[shown];
  if (thread === undefined) return null;
  return (
    <Section
      title="Threads"
      aside={
        threads.length > 1 && (
          <select
            aria-label="Thread"
            value={shown}
            onChange={(change) => setShown(Number(change.target.value))}
            className="h-7 min-w-0 rounded-md border border-edge bg-bg px-1.5 text-xs"
          >
            {threads.map((option, index) => (
              <option key={index} value={index}>
                {threadName(option, index)}
              </option>
            ))}
          </select>
        )
      }
    >
      <div className="overflow-hidden rounded-lg border">
        <p className="px-3 py-2 font-medium">
          {threadName(thread, shown)}
          {thread.state !== undefined && <span className="ml-2 font-normal text-faint">{thread.state}</span>}
        </p>
        <div className="border-t">
          {thread.stacktrace === undefined ? (
            <p className="px-3 py-2 text-faint">
              {thread.crashed === true ? "Its stack trace is that of the exception." : "No stack trace."}
            </p>
          ) : (
            <StacktraceView key={shown} stacktrace={thread.stacktrace} mode={mode} />
          )}
        </div>
      </div>
    </Section>
  );
}

function threadName(thread: Thread, index: number): string {
  const name = thread.name ?? `Thread ${thread.id ?? index}`;
  const marks = [thread.crashed === true && "crashed", thread.main === true && "main"].filter(
    (mark) => mark !== false && mark !== thread.name,
  );
  return marks.length === 0 ? name : `${name} (${marks.join(", ")})`;
}
