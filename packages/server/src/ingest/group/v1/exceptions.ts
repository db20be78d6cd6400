import type { Event, Exception, GroupingPart, GroupingStrategy } from "@mesher/protocol";
import { type Contribution, combine, limitParts } from "./contribution.ts";
import { selectExceptions } from "./exception-groups.ts";
import type { FrameEvidence } from "./frame.ts";
import { parametrize } from "./parametrize.ts";
import { contributeFrames, hasFrames, weighStacktrace } from "./stacktrace.ts";
import { findGroupedThread } from "./threads.ts";
import { nsErrorOf, type WeighedException } from "./weighed-exception.ts";

/**
 * All exceptions of a chain together. Each says its type and its frames, or its type and its parametrized value when
 * no frame of it is evidence.
 *
 * As soon as one exception has evidence in the application's own code, all of them are told by their own code only;
 * else all frames count, and exceptions without a stack trace are left out.
 */
export function contributeExceptions(event: Event): Contribution | undefined {
  const weighed = (event.exception?.values ?? []).map((exception) => weigh(exception, event));
  const [first] = weighed;
  if (first === undefined) return undefined;

  const selected = weighed.length === 1 ? [first] : selectExceptions(weighed);
  const contributions = contributionsOf(selected);
  if (contributions.every((one) => one.values.length === 0)) return undefined;
  return contributions.length === 1 ? contributions[0] : combine(contributions);
}

function weigh(exception: Exception, event: Event): WeighedException {
  const stacktrace = exception.stacktrace ?? borrowStacktrace(exception, event);
  return { exception, stack: weighStacktrace(stacktrace, event.platform), hasStack: stacktrace !== undefined };
}

/**
 * A lone exception without a stack trace takes the one the event has elsewhere: older SDKs send it beside the
 * exception, those for Apple's systems in the thread that failed.
 */
function borrowStacktrace(exception: Exception, event: Event): Exception["stacktrace"] {
  if (event.exception?.values.length !== 1) return undefined;
  if (hasFrames(event.stacktrace)) return event.stacktrace;
  const threads = event.threads?.values ?? [];
  const own = threads.find((thread) => thread.id !== undefined && thread.id === exception.thread_id);
  const thread = own ?? findGroupedThread(event);
  return hasFrames(thread?.stacktrace) ? thread?.stacktrace : undefined;
}

function contributionsOf(selected: readonly WeighedException[]): Contribution[] {
  if (selected.some((one) => one.stack.inApp.length > 0)) {
    return selected.map((one) => describe(one, one.stack.inApp, "in_app_frames"));
  }
  if (selected.some((one) => one.stack.all.length > 0)) {
    return selected.filter((one) => one.hasStack).map((one) => describe(one, one.stack.all, "all_frames"));
  }
  return selected.map((one) => describe(one, [], "exception"));
}

function describe(
  { exception }: WeighedException,
  frames: readonly FrameEvidence[],
  strategy: GroupingStrategy,
): Contribution {
  const values: string[] = [];
  const parts: GroupingPart[] = [];
  const add = (kind: string, value: string | undefined): void => {
    if (value === undefined || value === "") return;
    values.push(value);
    parts.push({ kind, value });
  };

  // An SDK throws a synthetic exception only to get hold of a stack trace: its type means nothing.
  if (exception.mechanism?.synthetic !== true) add("exception type", exception.type);
  const nsError = nsErrorOf(exception);
  add("NSError", nsError);
  if (frames.length === 0 && nsError === undefined) add("exception value", parametrize(exception.value ?? ""));
  if (frames.length === 0) return { strategy, values, parts: limitParts(parts) };
  const stack = contributeFrames(frames, strategy);
  return { strategy, values: values.concat(stack.values), parts: limitParts(parts.concat(stack.parts)) };
}
