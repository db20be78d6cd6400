import type { Exception } from "@mesher/protocol";
import { parametrize } from "./parametrize.ts";
import type { StackEvidence } from "./stacktrace.ts";

/** One exception, with everything its stack trace could say. */
export interface WeighedException {
  readonly exception: Exception;
  readonly stack: StackEvidence;
  readonly hasStack: boolean;
}

/** The same for two exceptions that say the same. */
export function evidenceKey({ exception, stack }: WeighedException): string {
  const frames = stack.inApp.length > 0 ? stack.inApp : stack.all;
  return JSON.stringify([
    exception.type ?? "",
    nsErrorOf(exception) ?? "",
    frames.length > 0 ? frames.map((frame) => frame.values) : parametrize(exception.value ?? ""),
  ]);
}

/** Apple's errors are told by domain and code; their text is in the user's language. */
export function nsErrorOf({ mechanism }: Exception): string | undefined {
  const nsError = mechanism?.meta?.["ns_error"];
  if (typeof nsError !== "object" || nsError === null) return undefined;
  const domain: unknown = Reflect.get(nsError, "domain");
  const code: unknown = Reflect.get(nsError, "code");
  return [domain, code].filter((one) => typeof one === "string" || typeof one === "number").join(" ") || undefined;
}
