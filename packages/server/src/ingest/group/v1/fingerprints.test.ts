import type { Event } from "@mesher/protocol";
import { expect, it } from "vitest";
import released from "./fingerprints.json" with { type: "json" };
import { groupByVersion1 } from "./group-by-version-1.ts";

/**
 * Version 1 is released: these fingerprints are in people's databases. When this test fails, the change belongs into
 * a new version; the expected values are never edited.
 */
it.each(released)("gives the released fingerprint: $name", ({ event, fingerprint }) => {
  const whole = { event_id: "0".repeat(32), timestamp: "2026-01-01T00:00:00.000Z", level: "error", ...event };
  expect(groupByVersion1(whole as unknown as Event).fingerprint).toBe(fingerprint);
});
