import type { ApiIssueCommand } from "@mesher/protocol";
import { PrimaryButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";

/** What a status lasts for, where the menu has no entry of its own. */
type Terms = "release" | "days" | "events";

const WORDS = {
  release: {
    title: "Resolve in a release",
    label: "Release",
    hint: "An event of a later release makes the issue a regression.",
    action: "Resolve",
  },
  days: { title: "Archive for some days", label: "Days", hint: "Then it is unresolved again.", action: "Archive" },
  events: {
    title: "Archive for some events",
    label: "Events",
    hint: "When it has happened so many times more, it is unresolved again.",
    action: "Archive",
  },
} as const;

/** As the API allows. */
const MAX = { days: 3_650, events: 1_000_000_000 } as const;
const RELEASE_LENGTH_MAX = 250;

interface TermsDialogProps {
  readonly terms: Terms;
  readonly onCommand: (command: ApiIssueCommand) => void;
  readonly onCancel: () => void;
}

export function TermsDialog({ terms, onCommand, onCancel }: TermsDialogProps) {
  const { title, label, hint, action } = WORDS[terms];
  const limits =
    terms === "release"
      ? { maxLength: RELEASE_LENGTH_MAX, autoComplete: "off", spellCheck: false }
      : ({ type: "number", min: 1, max: MAX[terms], step: 1 } as const);
  const submit = (text: string) => {
    if (terms === "release") onCommand({ do: "resolve", mode: "in_release", release: text });
    else if (terms === "days") onCommand({ do: "archive", mode: "for_days", days: Number(text) });
    else onCommand({ do: "archive", mode: "for_events", events: Number(text) });
  };
  return (
    <Dialog title={title} onClose={onCancel}>
      <Form onData={(data) => submit(textOf(data, "value"))} className="mt-3">
        <Field label={label} hint={hint} name="value" required autoFocus {...limits} />
        <div className="mt-5 flex justify-end">
          <PrimaryButton type="submit" className="h-7">
            {action}
          </PrimaryButton>
        </div>
      </Form>
    </Dialog>
  );
}
