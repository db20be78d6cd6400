import { expect, test } from "vitest";
import { parseEventId } from "./event-id.ts";

test.each([
  ["9ec79c33ec9942ab8353589fcb2e04dc", "9ec79c33ec9942ab8353589fcb2e04dc"],
  ["9EC79C33-EC99-42AB-8353-589FCB2E04DC", "9ec79c33ec9942ab8353589fcb2e04dc"],
])("%s is an event id", (text, expected) => {
  expect(parseEventId(text)).toBe(expected);
});

test.each([
  [undefined],
  [42],
  [""],
  ["9ec79c33ec9942ab8353589fcb2e04d"],
  ["9ec79c33ec9942ab8353589fcb2e04dg"],
  ["9ec79c33ec-9942-ab83-5358-9fcb2e04dc"],
  ["00000000000000000000000000000000"],
  ["00000000-0000-0000-0000-000000000000"],
])("%s is none", (value) => {
  expect(parseEventId(value)).toBeUndefined();
});
