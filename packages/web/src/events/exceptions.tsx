import type { Cut, Event, Exception, Mechanism, Stacktrace } from "@mesher/protocol";
import { useState } from "react";
import { Section } from "../ui/section.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { CutMark } from "./cuts.tsx";
import { FrameModeToggle } from "./frame-mode-toggle.tsx";
import { type FrameMode, hasBothKinds } from "./frames.ts";
import { StacktraceView } from "./stacktrace-view.tsx";

/** The exceptions of an event: what was finally thrown first, its causes below. */
export function Exceptions({ event, cuts, mode }: { event: Event; cuts: readonly Cut[]; mode: FrameMode }) {
  const values = event.exception?.values ?? [];
  if (values.length === 0) return null;
  const canFold = values.some(({ stacktrace }) => stacktrace !== undefined && hasBothKinds(stacktrace));
  return (
    <Section
      title={values.length === 1 ? "Exception" : `${values.length} exceptions`}
      aside={canFold && <FrameModeToggle mode={mode} />}
    >
      <ol className="space-y-4">
        {values
          .map((_, position) => position)
          .toReversed()
          .map((position) => {
            const exception = values[position];
            if (exception === undefined) return null;
            const isFirst = position === values.length - 1;
            return (
              <li key={position}>
                {!isFirst && <p className="mb-1.5 text-xs text-faint">{relationOf(exception.mechanism)}</p>}
                <ExceptionCard exception={exception} cuts={cuts} path={`exception.values.${position}`} mode={mode} />
              </li>
            );
          })}
      </ol>
    </Section>
  );
}

function ExceptionCard(props: { exception: Exception; cuts: readonly Cut[]; path: string; mode: FrameMode }) {
  const { exception, cuts, path, mode } = props;
  const [isRaw, setRaw] = useState(false);
  // Only where source maps or symbols changed the frames.
  const { stacktrace: mapped, raw_stacktrace: raw } = exception;
  const stacktrace = isRaw ? (raw as Stacktrace | undefined) : mapped;
  return (
    <article className="overflow-hidden rounded-lg border">
      <header className="px-3 py-2.5">
        <h3 className="flex flex-wrap items-baseline gap-x-2 font-semibold">
          <span className="break-all">{exception.type ?? "Exception"}</span>
          {exception.module !== undefined && <span className="text-xs font-normal text-faint">{exception.module}</span>}
        </h3>
        {exception.value !== undefined && exception.value !== "" && (
          <p className="mt-0.5 max-h-64 overflow-y-auto break-words whitespace-pre-wrap text-ink/90">
            {exception.value}
          </p>
        )}
        <CutMark cuts={cuts} path={`${path}.value`} />
        {exception.mechanism !== undefined && <MechanismLine mechanism={exception.mechanism} />}
        <CutMark cuts={cuts} path={`${path}.stacktrace.frames`} exact />
      </header>
      {mapped !== undefined && raw !== undefined && (
        <p className="px-3 pb-2">
          <TextButton onClick={() => setRaw(!isRaw)}>
            {isRaw ? "Show the frames of the sources" : "Show the frames as they were sent"}
          </TextButton>
        </p>
      )}
      {stacktrace !== undefined && (
        <div className="border-t">
          <StacktraceView key={String(isRaw)} stacktrace={stacktrace} mode={mode} />
        </div>
      )}
    </article>
  );
}

function MechanismLine({ mechanism }: { mechanism: Mechanism }) {
  return (
    <p className="mt-1 flex flex-wrap items-center gap-x-2 text-xs text-faint">
      <span>
        reported by <code className="text-dim">{mechanism.type}</code>
      </span>
      {mechanism.handled !== undefined && (
        <span className={mechanism.handled ? "" : "text-red"}>{mechanism.handled ? "handled" : "unhandled"}</span>
      )}
      {mechanism.description !== undefined && <span className="break-words">{mechanism.description}</span>}
    </p>
  );
}

/** How an exception came to be under another one. */
function relationOf(mechanism: Mechanism | undefined): string {
  if (mechanism?.source === "__context__") return "raised while handling";
  if (mechanism?.source !== undefined && /\[\d+\]/.test(mechanism.source))
    return `in the group, as ${mechanism.source}`;
  return "caused by";
}
