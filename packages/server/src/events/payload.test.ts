import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { packJson, packPayload, unpackPayload } from "./payload.ts";

const JSON_BYTES = Buffer.from('{"message":"a small event","level":"error"}');
const WHOLE = { offset: 0, length: JSON_BYTES.length };

test("a payload that was compressed here holds little more memory than its bytes", () => {
  const payloads = Array.from({ length: 1_000 }, () => packJson(JSON_BYTES));
  const held = new Set(payloads.map(({ body }) => body.buffer));
  const heldBytes = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
  expect(heldBytes).toBeLessThan(1_000 * 256);
  for (const payload of payloads) expect(unpackPayload(payload)).toEqual(JSON_BYTES);
});

test("the client's compression of an event is kept, but not where it is longer than the event", () => {
  const gzipped = gzipSync(JSON_BYTES);
  expect(packPayload(WHOLE, "gzip", gzipped, JSON_BYTES).body).toBe(gzipped);
  // Members of no bytes inflate to the same.
  const padded = Buffer.concat([gzipped, ...Array.from({ length: 1_000 }, () => gzipSync(""))]);
  const packed = packPayload(WHOLE, "gzip", padded, JSON_BYTES);
  expect(packed.body.length).toBeLessThan(2 * JSON_BYTES.length);
  expect(unpackPayload(packed)).toEqual(JSON_BYTES);
});
