import { expect, test } from "vitest";
import { formatAge, formatBefore, formatRelative } from "./time.ts";

const now = Date.parse("2026-11-21T12:00:00.000Z");

test.each([
  ["2026-11-21T11:59:58.000Z", "now"],
  ["2026-11-21T11:59:48.000Z", "12s ago"],
  ["2026-11-21T11:57:00.000Z", "3m ago"],
  ["2026-11-21T10:01:00.000Z", "1h ago"],
  ["2026-11-16T12:00:00.000Z", "5d ago"],
  ["2026-08-21T12:00:00.000Z", "3mo ago"],
  ["2024-01-01T12:00:00.000Z", "2y ago"],
  ["2026-11-21T14:00:00.000Z", "in 2h"],
  ["yesterday", "yesterday"],
])("%s reads as %s", (at, text) => {
  expect(formatRelative(at, now)).toBe(text);
});

test.each([
  ["2026-11-21T12:00:01.000Z", "a moment"],
  ["2026-11-21T11:59:58.000Z", "a moment"],
  ["2026-11-21T11:57:00.000Z", "3m"],
  ["2026-11-16T12:00:00.000Z", "5d"],
  ["yesterday", "yesterday"],
])("what is so since %s has been so for %s", (at, text) => {
  expect(formatAge(at, now)).toBe(text);
});

test.each([
  ["2026-11-21T11:59:59.750Z", "−250 ms"],
  ["2026-11-21T12:00:00.020Z", "+20 ms"],
  ["2026-11-21T11:59:47.500Z", "−12.5 s"],
  ["2026-11-21T11:57:00.000Z", "−3 min"],
  ["2026-11-21T09:50:00.000Z", "−2 h"],
  ["2026-07-21T12:00:00.000Z", ""],
  ["soon", ""],
])("a breadcrumb of %s happened %s from the event", (at, text) => {
  expect(formatBefore(at, "2026-11-21T12:00:00.000Z")).toBe(text);
});
