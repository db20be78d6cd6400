import { eventMarkdown } from "../api/event-texts.ts";
import { CopyButton } from "../ui/copy-button.tsx";

/** All that matters of an event as text: for a colleague, or for an agent that shall mend it. */
export function MarkdownButton({ eventId }: { eventId: string }) {
  return <CopyButton text={() => eventMarkdown(eventId)} label="Copy as Markdown" />;
}
