import type { Event } from "@mesher/protocol";

/** What an event is called: what was finally thrown, or else what was said. */
export function eventTitle(event: Event, message: string): string {
  const thrown = event.exception?.values.at(-1);
  if (thrown?.type !== undefined && thrown.value !== undefined && thrown.value !== "") {
    return `${thrown.type}: ${firstLine(thrown.value)}`;
  }
  const text = thrown?.type ?? thrown?.value ?? message;
  return firstLine(text) || "(no title)";
}

function firstLine(text: string): string {
  return text.trim().split("\n", 1)[0] ?? "";
}
