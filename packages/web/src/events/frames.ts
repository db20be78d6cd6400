import type { Frame, Stacktrace } from "@mesher/protocol";

/** Whether frames of libraries are folded away. */
export type FrameMode = "app" | "all";

export type StackRow =
  | { readonly kind: "frame"; readonly frame: Frame; readonly index: number }
  | { readonly kind: "folded"; readonly frames: readonly Frame[]; readonly index: number };

/** A single frame between two that are shown is quicker read than unfolded. */
const FOLD_FRAMES_MIN = 2;
/** Where a stack is deeper, its lower end rarely tells why the upper one failed. */
const FRAMES_SHOWN_MAX = 12;

/** The rows of a stack trace, the place that failed on top. That one is always shown, whoever wrote it. */
export function arrangeFrames(stacktrace: Stacktrace, mode: FrameMode): StackRow[] {
  const newestFirst = stacktrace.frames.toReversed();
  const foldsLibraries = hasBothKinds(stacktrace);
  if (foldsLibraries && mode === "all") return newestFirst.map((frame, index) => ({ kind: "frame", frame, index }));

  let shown = 0;
  const isShown = newestFirst.map((frame, index) => {
    const isWanted = index === 0 || !foldsLibraries || frame.in_app === true;
    return isWanted && ++shown <= FRAMES_SHOWN_MAX;
  });
  const rows: StackRow[] = [];
  for (let start = 0; start < newestFirst.length; ) {
    const end = endOfRun(isShown, start);
    const frames = newestFirst.slice(start, end);
    if (isShown[start] || frames.length < FOLD_FRAMES_MIN) {
      const first = start;
      rows.push(...frames.map((frame, offset): StackRow => ({ kind: "frame", frame, index: first + offset })));
    } else {
      rows.push({ kind: "folded", frames, index: start });
    }
    start = end;
  }
  return rows;
}

function endOfRun(values: readonly boolean[], start: number): number {
  const end = values.findIndex((value, index) => index > start && value !== values[start]);
  return end === -1 ? values.length : end;
}

/** Only then is there something to fold. */
export function hasBothKinds(stacktrace: Stacktrace): boolean {
  const { frames } = stacktrace;
  return frames.some((frame) => frame.in_app === true) && frames.some((frame) => frame.in_app !== true);
}

/** The frame a reader most likely wants open: the first of one's own that has anything inside. */
export function frameToOpen(stacktrace: Stacktrace): Frame | undefined {
  const newestFirst = stacktrace.frames.toReversed();
  const openable = newestFirst.filter(hasInside);
  return openable.find((frame) => frame.in_app === true) ?? openable[0];
}

export function hasInside(frame: Frame): boolean {
  return frame.context_line !== undefined || Object.keys(frame.vars ?? {}).length > 0;
}

export function frameFunction(frame: Frame): string {
  return frame.function ?? frame.raw_function ?? frame.symbol ?? frame.instruction_addr ?? "<unknown>";
}

/** `app/views.py:12:5`; of a native frame, the image it is in. */
export function frameLocation(frame: Frame): string {
  const file = frame.filename ?? frame.abs_path ?? frame.module ?? baseName(frame.package);
  const position = [frame.lineno, frame.colno].filter((part) => part !== undefined && part > 0);
  return [file, ...position].filter((part) => part !== undefined && part !== "").join(":");
}

function baseName(path: string | undefined): string | undefined {
  return path?.split(/[/\\]/).at(-1);
}

export interface SourceLine {
  readonly number: number | undefined;
  readonly text: string;
  readonly failed: boolean;
}

export function sourceLines(frame: Frame): SourceLine[] {
  if (frame.context_line === undefined) return [];
  const before = frame.pre_context ?? [];
  const after = frame.post_context ?? [];
  return [...before, frame.context_line, ...after].map((text, index) => {
    const offset = index - before.length;
    return { number: frame.lineno === undefined ? undefined : frame.lineno + offset, text, failed: offset === 0 };
  });
}
