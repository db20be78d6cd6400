import { expect, test } from "vitest";
import { formatBytes } from "./bytes.ts";

test.each([
  [0, "0 B"],
  [1023, "1,023 B"],
  [1024, "1 KiB"],
  [1536, "1.5 KiB"],
  [10 * 1024 * 1024 + 52_429, "10.1 MiB"],
  [123 * 1024 ** 3, "123 GiB"],
  [2 ** 60, "1,024 PiB"],
  [-1, "0 B"],
])("%i bytes read as %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
