import type { Cut, Event } from "@mesher/protocol";
import { type NormalizeInput, normalizeEvent } from "./normalize.ts";

export const RECEIVED_AT_MS = Date.parse("2026-03-01T12:00:00.000Z");

export function inputOf(overrides: Partial<NormalizeInput> = {}): NormalizeInput {
  return { receivedAtMs: RECEIVED_AT_MS, eventId: "9ec79c33ec9942ab8353589fcb2e04dc", source: "sentry", ...overrides };
}

export function normalized(raw: unknown, overrides: Partial<NormalizeInput> = {}): Event {
  return normalizeEvent(raw, inputOf(overrides)).event;
}

export function cutsOf(raw: unknown, overrides: Partial<NormalizeInput> = {}): Cut[] {
  return normalizeEvent(raw, inputOf(overrides)).cuts;
}
