import type { Frame, Stacktrace } from "@mesher/protocol";
import { useState } from "react";
import { FrameRow } from "./frame-row.tsx";
import { arrangeFrames, type FrameMode, frameToOpen } from "./frames.ts";

export function StacktraceView({ stacktrace, mode }: { stacktrace: Stacktrace; mode: FrameMode }) {
  const openAtFirst = frameToOpen(stacktrace);
  if (stacktrace.frames.length === 0) return <p className="px-3 py-2 text-faint">The stack trace has no frames.</p>;
  return (
    <ol aria-label="Stack trace, newest call first" className="divide-y">
      {arrangeFrames(stacktrace, mode).map((row) =>
        row.kind === "frame" ? (
          <FrameRow key={row.index} frame={row.frame} open={row.frame === openAtFirst} />
        ) : (
          <FoldedFrames key={row.index} frames={row.frames} />
        ),
      )}
    </ol>
  );
}

function FoldedFrames({ frames }: { frames: readonly Frame[] }) {
  const [isOpen, setIsOpen] = useState(false);
  if (isOpen) return frames.map((frame, index) => <FrameRow key={index} frame={frame} open={false} />);
  return (
    <li>
      <button
        type="button"
        onClick={() => setIsOpen(true)}
        className="w-full bg-raised/50 py-1 pr-3 pl-8 text-left text-xs text-faint hover:bg-hover hover:text-ink focus-visible:-outline-offset-2"
      >
        {frames.length} {frames.every((frame) => frame.in_app === false) ? "library" : "more"} frames
      </button>
    </li>
  );
}
