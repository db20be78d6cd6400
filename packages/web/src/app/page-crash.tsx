import type { ErrorComponentProps } from "@tanstack/react-router";
import { Notice } from "../ui/notice.tsx";

/** A fault of a page itself. The rest of the pages keeps working. */
export function PageCrash({ error, reset }: ErrorComponentProps) {
  return (
    <Notice title="This page failed to show." alert onRetry={reset}>
      <p>This is a fault in Mesher. The console of the browser has the stack trace.</p>
      <code className="mt-2 block wrap-anywhere text-faint">
        {error instanceof Error ? error.message : String(error)}
      </code>
    </Notice>
  );
}
