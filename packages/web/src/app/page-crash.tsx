import type { ErrorComponentProps } from "@tanstack/react-router";
import { Notice } from "../ui/notice.tsx";

/** A fault of a page itself, or its code is not there. The rest of the pages keeps working. */
export function PageCrash({ error, reset }: ErrorComponentProps) {
  if (isCodeMissing(error)) {
    return (
      // What could not be loaded once is given up for as long as the document lives.
      <Notice title="This page could not be loaded." alert onRetry={() => location.reload()}>
        The server cannot be reached, or has another version than when these pages were opened.
      </Notice>
    );
  }
  return (
    <Notice title="This page failed to show." alert onRetry={reset}>
      <p>This is a fault in Mesher. The console of the browser has the stack trace.</p>
      <code className="mt-2 block wrap-anywhere text-faint">
        {error instanceof Error ? error.message : String(error)}
      </code>
    </Notice>
  );
}

/** As Chromium, Firefox and Safari say it. */
const CODE_MISSING = /dynamically imported module|module script failed/i;

function isCodeMissing(error: unknown): boolean {
  return error instanceof Error && CODE_MISSING.test(error.message);
}
