import { ApiFailure } from "../api/client.ts";
import { Notice } from "./notice.tsx";

export function Failure({ title, error, onRetry }: { title: string; error: Error | null; onRetry: () => void }) {
  return (
    <Notice title={title} alert onRetry={onRetry}>
      {error !== null && <p>{error.message}</p>}
      {error instanceof ApiFailure && error.code !== "" && (
        <p className="mt-1 font-mono text-xs text-faint">
          {error.status === 0 ? "" : `${error.status} `}
          {error.code}
        </p>
      )}
    </Notice>
  );
}
