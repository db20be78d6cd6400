import type { Event } from "@mesher/protocol";
import { type Contribution, limitParts } from "./contribution.ts";
import { parametrize } from "./parametrize.ts";

/** The template of a message when the SDK knows it: its parameters then never matter. Else the text. */
export function contributeMessage({ logentry }: Event): Contribution | undefined {
  const text = parametrize(logentry?.message || logentry?.formatted || "");
  if (text === "") return undefined;
  return { strategy: "message", values: [text], parts: limitParts([{ kind: "message", value: text }]) };
}
