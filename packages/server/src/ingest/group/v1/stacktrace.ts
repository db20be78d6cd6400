import type { GroupingPart, GroupingStrategy, Stacktrace } from "@mesher/protocol";
import { type Contribution, limitParts } from "./contribution.ts";
import { familyOf } from "./family.ts";
import { describeFrame, type FrameEvidence } from "./frame.ts";
import { judgeFrames } from "./frame-rules.ts";
import { isUrl } from "./url-origin.ts";

/** What a stack trace says by the application's own frames, and what it says by all of its frames. */
export interface StackEvidence {
  readonly inApp: readonly FrameEvidence[];
  readonly all: readonly FrameEvidence[];
}

/** A stack trace that stands alone: by its own code if that says anything, else by all of it. */
export function contributeStacktrace(stacktrace: Stacktrace | undefined, platform: string): Contribution | undefined {
  const { inApp, all } = weighStacktrace(stacktrace, platform);
  if (inApp.length > 0) return contributeFrames(inApp, "in_app_frames");
  return all.length > 0 ? contributeFrames(all, "all_frames") : undefined;
}

export function hasFrames(stacktrace: Stacktrace | undefined): boolean {
  return stacktrace !== undefined && stacktrace.frames.length > 0;
}

export function weighStacktrace(stacktrace: Stacktrace | undefined, platform: string): StackEvidence {
  const frames = stacktrace?.frames ?? [];
  if (frames.length === 0 || isUnnamedPage(frames, platform)) return { inApp: [], all: [] };

  const verdicts = judgeFrames(frames, platform);
  const inApp: FrameEvidence[] = [];
  const all: FrameEvidence[] = [];
  let previous: FrameEvidence | undefined;
  for (let index = 0; index < frames.length; index++) {
    const frame = frames[index];
    const verdict = verdicts[index];
    if (frame === undefined || verdict === undefined) continue;
    const evidence = describeFrame(frame, platform);
    const recursion = isRecursion(evidence, previous);
    previous = evidence;
    if (evidence.values.length === 0 || recursion || !verdict.contributes) continue;
    all.push(evidence);
    if (verdict.inApp) inApp.push(evidence);
  }
  return { inApp, all };
}

/** Whoever calls itself is one frame, however deep: the depth is data. Unnamed functions may be different ones. */
function isRecursion(evidence: FrameEvidence, previous: FrameEvidence | undefined): boolean {
  return (
    previous !== undefined &&
    evidence.functionName !== undefined &&
    evidence.functionName === previous.functionName &&
    evidence.origin === previous.origin &&
    evidence.values.length === previous.values.length &&
    evidence.values.every((value, index) => value === previous.values[index])
  );
}

/** One frame of a page's inline script without a function: `window.onerror` of an old browser, no evidence at all. */
function isUnnamedPage(frames: Stacktrace["frames"], platform: string): boolean {
  const [only] = frames;
  if (frames.length !== 1 || only === undefined) return false;
  const functionName = only.function ?? "";
  return (
    familyOf(only.platform ?? platform) === "javascript" &&
    (functionName === "" || functionName === "?") &&
    isUrl(only.abs_path ?? only.filename)
  );
}

export function contributeFrames(frames: readonly FrameEvidence[], strategy: GroupingStrategy): Contribution {
  const values: string[] = [];
  const parts: GroupingPart[] = [];
  for (const frame of frames) {
    for (const value of frame.values) values.push(value);
    parts.push({ kind: "frame", value: frame.label });
  }
  return { strategy, values, parts: limitParts(parts) };
}
