import { useState } from "react";
import { Button } from "../ui/button.tsx";
import { CopyButton } from "../ui/copy-button.tsx";
import { saveFile } from "../ui/save-file.ts";
import { Disclosure } from "../ui/section.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { JsonValue } from "./json-value.tsx";

/** More than this makes a page slow that is only being looked at; copy and download have it all. */
const CHARACTERS_SHOWN = 100_000;

export function RawJson({ eventId, payload }: { eventId: string; payload: unknown }) {
  const [isOpen, setIsOpen] = useState(false);
  const [isFolded, setFolded] = useState(true);
  const print = () => JSON.stringify(payload, null, 2);
  return (
    <div className="relative">
      <div className="absolute top-0 right-0 flex gap-1.5">
        <CopyButton text={print} name="Copy the raw JSON" />
        <Button
          onClick={() => saveFile(new Blob([print()], { type: "application/json" }), `event-${eventId}.json`)}
          aria-label="Download the raw JSON"
        >
          Download
        </Button>
      </div>
      <Disclosure title="Raw JSON" onToggle={setIsOpen}>
        {isOpen && (
          <>
            <p className="mb-1.5">
              <TextButton onClick={() => setFolded(!isFolded)}>{isFolded ? "As text" : "As a tree"}</TextButton>
            </p>
            {isFolded ? (
              <div className="rounded-lg border bg-raised/60 p-3">
                <JsonValue value={payload} isOpen />
              </div>
            ) : (
              <Printed text={print()} />
            )}
          </>
        )}
      </Disclosure>
    </div>
  );
}

function Printed({ text }: { text: string }) {
  return (
    <>
      {text.length > CHARACTERS_SHOWN && (
        <p className="mb-1 text-xs text-amber">
          The first {CHARACTERS_SHOWN.toLocaleString("en")} of {text.length.toLocaleString("en")} characters. Copy and
          download have all of them.
        </p>
      )}
      <pre tabIndex={0} aria-label="Raw JSON" className="max-h-[70vh] overflow-auto rounded-lg border bg-raised/60 p-3">
        <code>{text.slice(0, CHARACTERS_SHOWN)}</code>
      </pre>
    </>
  );
}
