import { eventMarkdown } from "../api/event-texts.ts";
import { CopyButton, copyText } from "../ui/copy-button.tsx";
import { MenuItem } from "../ui/menu.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";

const LABEL = "Copy as Markdown";

/** All that matters of an event as text: for a colleague, or for an agent that shall mend it. */
export function MarkdownButton({ eventId }: { eventId: string }) {
  return <CopyButton text={() => eventMarkdown(eventId)} label={LABEL} />;
}

/** The same, where a menu has room for what a row of buttons has not. */
export function MarkdownItem({ eventId }: { eventId: string }) {
  const copy = async () => {
    if (await copyText(await eventMarkdown(eventId))) toast("Copied");
    else toastFailure("Nothing was copied.", new Error("The browser does not allow it."));
  };
  return (
    <MenuItem onSelect={() => void copy().catch((error) => toastFailure("There is nothing to copy.", error))}>
      {LABEL}
    </MenuItem>
  );
}
