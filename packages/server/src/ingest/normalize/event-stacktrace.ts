import type { Event, Exception, Frame, Stacktrace, Thread } from "@mesher/protocol";

/** The exception that was finally thrown: the one an event is named after. */
export function mainException(event: Event): Exception | undefined {
  return event.exception?.values.at(-1);
}

/** The thread the event is about: the exception's own, else the crashed, the current, or the only one. */
export function crashedThread(event: Event): Thread | undefined {
  const threads = event.threads?.values ?? [];
  const threadId = mainException(event)?.thread_id;
  return (
    (threadId === undefined ? undefined : threads.find(({ id }) => id === threadId)) ??
    threads.find(({ crashed }) => crashed === true) ??
    threads.find(({ current }) => current === true) ??
    (threads.length === 1 ? threads[0] : undefined)
  );
}

/**
 * The stack trace that tells where the event happened: that of the last exception that has one, else the event's own,
 * else that of the crashed thread.
 */
export function eventStacktrace(event: Event): Stacktrace | undefined {
  const exception = event.exception?.values.findLast(({ stacktrace }) => hasFrames(stacktrace));
  if (exception?.stacktrace !== undefined) return exception.stacktrace;
  if (hasFrames(event.stacktrace)) return event.stacktrace;
  return crashedThread(event)?.stacktrace;
}

/**
 * The frame where the application's own code failed. Where no frame is marked as that, the last one that is not of the
 * machinery which made the report; else the last of all.
 */
export function crashFrame(event: Event): Frame | undefined {
  const frames = eventStacktrace(event)?.frames ?? [];
  return (
    frames.findLast((frame) => frame.in_app === true && hasName(frame)) ??
    frames.findLast((frame) => hasName(frame) && !isReporting(frame)) ??
    frames.findLast(hasName)
  );
}

/** What stands on top of a stack because a report is made: taking the stack, unwinding, the SDK itself. */
const REPORTING_MODULE = /^(io\.sentry\.|java\.lang\.Thread$|sentry_sdk(\.|$))/;
const REPORTING_FUNCTION =
  /^(sentry(_[a-z]+)?::|<?(std|core)::(panicking|panic|sys|rt|ops::function)\b|(__)?rust_(begin_unwind|panic)|begin_unwind|__rustc)/;

function isReporting({ module, function: name }: Frame): boolean {
  return (
    (module !== undefined && REPORTING_MODULE.test(module)) || (name !== undefined && REPORTING_FUNCTION.test(name))
  );
}

function hasFrames(stacktrace: Stacktrace | undefined): boolean {
  return stacktrace !== undefined && stacktrace.frames.length > 0;
}

function hasName(frame: Frame): boolean {
  return (frame.function ?? frame.module ?? frame.filename ?? frame.abs_path) !== undefined;
}
