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
          search={(before) => ({ ...before, frames: choice === "app" ? undefined : choice })}
          replace
          resetScroll={false}
          // The link then says itself that it is the current one.
          activeOptions={{ exact: true }}
          className={`rounded-[5px] px-2 py-0.5 text-xs hover:text-ink ${choice === mode ? "bg-line font-medium text-ink" : "text-dim"}`}
        >
          {LABEL[choice]}
        </Link>
      ))}
    </div>
  );
}
