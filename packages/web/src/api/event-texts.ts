import { getText } from "./client.ts";

export function eventMarkdown(eventId: string): Promise<string> {
  return getText(`api/v1/events/${encodeURIComponent(eventId)}/markdown`);
}
