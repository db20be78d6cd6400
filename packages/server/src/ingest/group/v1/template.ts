import type { Event, GroupingPart } from "@mesher/protocol";
import { type Contribution, limitParts } from "./contribution.ts";

/** An error in a template, as Django reports it under the key `template`: a frame without a stack. */
export function contributeTemplate(event: Event): Contribution | undefined {
  const template = event["template"];
  if (typeof template !== "object" || template === null) return undefined;
  const parts: GroupingPart[] = [];
  for (const [key, kind] of FIELDS) {
    const value: unknown = Reflect.get(template, key);
    if (typeof value === "string" && value !== "") parts.push({ kind, value });
  }
  if (parts.length === 0) return undefined;
  return { strategy: "all_frames", values: parts.map((part) => part.value), parts: limitParts(parts) };
}

const FIELDS = [
  ["filename", "template"],
  ["context_line", "context line"],
] as const;
