import { expect, test } from "vitest";
import { CookieError, deriveKeys, parseCookies } from "./cookie.ts";
import { parseNodeName } from "./node-name.ts";
import { parsePeers } from "./peers.ts";

test("[C-60] peers are a list of node names and DNS names", () => {
  expect(parsePeers("")).toEqual([]);
  expect(parsePeers(" a@one:9100 ,, b@two, dns:nodes.example:9200,dns:nodes")).toEqual([
    { kind: "node", node: parseNodeName("a@one:9100") },
    { kind: "node", node: parseNodeName("b@two:9000") },
    { kind: "dns", host: "nodes.example", port: 9200 },
    { kind: "dns", host: "nodes", port: 9000 },
  ]);
});

test("a peer that cannot be dialled is refused, and says which one it is", () => {
  expect(() => parsePeers("a@one,two")).toThrow('node name "two" has no @');
  expect(() => parsePeers("a@one:0")).toThrow('"a@one:0" has a port');
  expect(() => parsePeers("dns::9000")).toThrow('"dns::9000" has no host');
  expect(() => parsePeers(Array.from({ length: 65 }, (_, n) => `a${n}@one`).join())).toThrow(RangeError);
});

test("[HAZARD-19] a cookie is long, two are valid while it is changed, and an error does not tell it", () => {
  expect(parseCookies("0123456789abcdef")).toHaveLength(1);
  expect(parseCookies("0123456789abcdef,fedcba9876543210")).toHaveLength(2);
  for (const text of ["", "0123456789abcde", "0123456789abcdef,short", "0123456789abcdef,", "a,b,c"])
    expect(() => parseCookies(text)).toThrow(CookieError);
  expect(() => parseCookies("hunter2")).toThrow(/^(?!.*hunter2)/);
});

test("equal cookies give equal keys, different ones different keys with different ids", async () => {
  const [one, again, other] = await deriveKeys(["0123456789abcdef", "0123456789abcdef", "0123456789abcdeg"]);
  expect(one).toEqual(again);
  expect(one?.key).not.toEqual(other?.key);
  expect(one?.id).not.toBe(other?.id);
});
