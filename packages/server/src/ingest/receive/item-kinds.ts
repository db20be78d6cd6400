import type { Category } from "@mesher/protocol";

export interface ItemKind {
  readonly category: Category;
  readonly bytesMax: number;
}

/** Kinds of items that are recognised but not kept. Sizes: https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits */
export function findItemKind(type: string): ItemKind {
  return ITEM_KINDS.get(type) ?? UNKNOWN_KIND;
}

const KIB = 1024;
const MIB = 1024 * KIB;
const UNKNOWN_KIND: ItemKind = { category: "default", bytesMax: 100 * MIB };

const ITEM_KINDS: ReadonlyMap<string, ItemKind> = new Map<string, ItemKind>([
  ["attachment", { category: "attachment", bytesMax: 100 * MIB }],
  ["transaction", { category: "transaction", bytesMax: MIB }],
  ["session", { category: "session", bytesMax: 100 * MIB }],
  ["sessions", { category: "session", bytesMax: 100 * MIB }],
  ["profile", { category: "profile", bytesMax: 50 * MIB }],
  ["profile_chunk", { category: "profile_chunk", bytesMax: 50 * MIB }],
  ["replay_event", { category: "replay", bytesMax: MIB }],
  ["replay_recording", { category: "replay", bytesMax: 100 * MIB }],
  ["replay_video", { category: "replay", bytesMax: 100 * MIB }],
  ["span", { category: "span", bytesMax: MIB }],
  ["log", { category: "log_item", bytesMax: MIB }],
  ["check_in", { category: "monitor", bytesMax: 100 * KIB }],
  ["feedback", { category: "feedback", bytesMax: MIB }],
  ["user_report", { category: "feedback", bytesMax: MIB }],
  ["trace_metric", { category: "trace_metric", bytesMax: MIB }],
  ["metric", { category: "trace_metric", bytesMax: MIB }],
  ["raw_security", { category: "security", bytesMax: MIB }],
]);
