import fc from "fast-check";
import { expect, test } from "vitest";
import { NodeNameError, parseNodeName, withPort } from "./node-name.ts";

test("[SD-09] a name has a host and a port, 9000 when it says none", () => {
  expect(parseNodeName("mesher1@localhost:9100")).toEqual({
    full: "mesher1@localhost:9100",
    name: "mesher1",
    host: "localhost",
    port: 9100,
  });
  expect(parseNodeName("mesher1@host").full).toBe("mesher1@host:9000");
  expect(parseNodeName("m@[::1]:9100")).toEqual({ full: "m@[::1]:9100", name: "m", host: "::1", port: 9100 });
  expect(parseNodeName("m@[fe80::1%eth0]").full).toBe("m@[fe80::1%eth0]:9000");
});

test.each([
  ["mesher1", "no_at"],
  ["", "no_at"],
  ["@host:1", "empty_name"],
  ["a@", "empty_host"],
  ["a@:9000", "empty_host"],
  ["a@[]:9000", "empty_host"],
  ["a@host:", "bad_port"],
  ["a@host:http", "bad_port"],
  ["a@host:65536", "bad_port"],
  ["a@::1:9000", "empty_host"],
  ["a@1::1:9000", "bad_port"],
  ["a@[::1:9000", "bad_characters"],
  ["a b@host", "bad_characters"],
  ["a>b@host", "bad_characters"],
  ["a@b@c", "bad_characters"],
  ["a@ho\u0000st", "bad_characters"],
  [`${"a".repeat(200)}@host`, "too_long"],
] as const)("[SD-09] %j is refused: %s", (text, problem) => {
  const parse = () => parseNodeName(text);
  expect(parse).toThrow(NodeNameError);
  expect(parse).toThrow(expect.objectContaining({ problem }));
});

test("every text is a name that reads back as itself, or a NodeNameError", () => {
  const likely = fc.stringMatching(/^[a-z@:[\].0-9>]{0,30}$/);
  fc.assert(
    fc.property(fc.oneof(fc.string(), likely), (text) => {
      try {
        const parsed = parseNodeName(text);
        expect(parseNodeName(parsed.full)).toEqual(parsed);
      } catch (error) {
        expect(error).toBeInstanceOf(NodeNameError);
      }
    }),
  );
});

test("a node that asked for port 0 is known by the one it was given", () => {
  expect(withPort(parseNodeName("a@[::1]:0"), 41_234).full).toBe("a@[::1]:41234");
});
