import type { ReactNode } from "react";
import { Button } from "./button.tsx";

/** What a page shows instead of its content: a sentence, perhaps a reason, perhaps something to do. */
export function Notice({
  title,
  children,
  onRetry,
  alert = false,
}: {
  title: string;
  children?: ReactNode;
  onRetry?: () => void;
  alert?: boolean;
}) {
  return (
    <div
      role={alert ? "alert" : "status"}
      className="mx-auto flex max-w-md flex-col items-center gap-2 px-4 py-20 text-center"
    >
      <p className="text-sm font-medium">{title}</p>
      {children !== undefined && <div className="text-dim">{children}</div>}
      {onRetry !== undefined && (
        <Button className="mt-3" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
