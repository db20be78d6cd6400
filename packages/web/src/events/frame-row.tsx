import type { Frame } from "@mesher/protocol";
import { useState } from "react";
import { Chevron, Disclosure } from "../ui/section.tsx";
import { frameFunction, frameLocation, hasInside } from "./frames.ts";
import { KeyValues } from "./key-values.tsx";
import { SourceLines } from "./source-lines.tsx";

export function FrameRow({ frame, open }: { frame: Frame; open: boolean }) {
  const [isOpen, setOpen] = useState(open);
  if (!hasInside(frame)) {
    return (
      <li className="py-1.5 pr-3 pl-8">
        <FrameHead frame={frame} />
      </li>
    );
  }
  return (
    <li>
      <details open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)} className="group/frame">
        <summary className="flex gap-2 py-1.5 pr-3 pl-3 hover:bg-hover focus-visible:-outline-offset-2">
          <Chevron className="mt-1 group-open/frame:rotate-90" />
          <FrameHead frame={frame} />
        </summary>
        {isOpen && <FrameInside frame={frame} />}
      </details>
    </li>
  );
}

function FrameHead({ frame }: { frame: Frame }) {
  const name = frameFunction(frame);
  const location = frameLocation(frame);
  const origin = originOf(frame, location);
  return (
    <span className={`flex min-w-0 flex-wrap items-baseline gap-x-2 ${frame.in_app === true ? "" : "text-dim"}`}>
      <code className={`max-w-full break-all ${frame.in_app === true ? "font-semibold" : ""}`}>{name}</code>
      {location !== "" && location !== name && (
        <code className="max-w-full text-[0.6875rem] break-all text-faint" title={frame.abs_path}>
          {location}
        </code>
      )}
      {origin !== undefined && <span className="max-w-full truncate text-[0.6875rem] text-faint">{origin}</span>}
      {frame.in_app === true && <span className="rounded border px-1 text-[0.625rem] leading-4 text-dim">in app</span>}
    </span>
  );
}

/** Where else the frame belongs, if the location does not say so already. */
function originOf(frame: Frame, location: string): string | undefined {
  const origin = frame.module ?? frame.package?.split(/[/\\]/).at(-1);
  return origin === undefined || location.includes(origin) ? undefined : `in ${origin}`;
}

function FrameInside({ frame }: { frame: Frame }) {
  const hasLines = frame.context_line !== undefined;
  const vars = Object.entries(frame.vars ?? {});
  return (
    <div className="border-t bg-raised/60">
      {hasLines && <SourceLines frame={frame} />}
      {vars.length > 0 && (
        <div className={`px-3 py-1 ${hasLines ? "border-t" : ""}`}>
          <Disclosure title="Variables" note={vars.length} open={!hasLines}>
            <KeyValues entries={vars} />
          </Disclosure>
        </div>
      )}
    </div>
  );
}
