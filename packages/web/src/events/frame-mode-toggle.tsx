import { Link } from "@tanstack/react-router";
import type { FrameMode } from "./frames.ts";

const LABEL: Record<FrameMode, string> = { app: "In-app only", all: "All frames" };

/** Part of the address, so that a link shows the same frames. */
export function FrameModeToggle({ mode }: { mode: FrameMode }) {
  return (
    <div role="group" aria-label="Frames" className="inline-flex rounded-md border p-0.5">
      {(["app", "all"] as const).map((choice) => (
        <Link
          key={choice}
          to="."
          search={{ frames: choice === "app" ? undefined : choice }}
          replace
          resetScroll={false}
          aria-current={choice === mode ? "true" : undefined}
          className="rounded-[5px] px-2 py-0.5 text-xs text-dim hover:text-ink aria-[current]:bg-line aria-[current]:font-medium aria-[current]:text-ink"
        >
          {LABEL[choice]}
        </Link>
      ))}
    </div>
  );
}
