import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { packBody } from "./pack.ts";

const EVENT = Buffer.from(JSON.stringify({ message: "small ".repeat(50) }));
const BYTES = Buffer.concat([Buffer.from('{}\n{"type":"event"}\n'), EVENT]);
const SLICES = [{ eventId: "a".repeat(32), offset: BYTES.length - EVENT.length, length: EVENT.length }];

test("a body is kept as it was received, but not where it is longer than what comes out of it", () => {
  const wire = gzipSync(BYTES);
  const kept = packBody({ wire, encoding: "gzip", bytes: BYTES }, SLICES);
  expect(kept).toEqual({ encoding: "gzip", body: wire, events: SLICES });

  // Members of no bytes inflate to the same.
  const padded = Buffer.concat([wire, ...Array.from({ length: 1_000 }, () => gzipSync(""))]);
  const packed = packBody({ wire: padded, encoding: "gzip", bytes: BYTES }, SLICES);
  expect(packed).toEqual({ encoding: "identity", body: EVENT, events: [{ ...SLICES[0], offset: 0 }] });
});
