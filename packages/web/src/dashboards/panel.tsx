import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Button } from "../ui/button.tsx";
import { Section } from "../ui/section.tsx";
import { Bone } from "../ui/skeleton.tsx";

interface PanelProps<Data> {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly query: UseQueryResult<Data>;
  /** Class of the height that is held for it: what comes in moves nothing. */
  readonly height: string;
  /** In place of the skeleton of lines. */
  readonly skeleton?: ReactNode;
  readonly isEmpty: (data: Data) => boolean;
  readonly empty: ReactNode;
  readonly children: (data: Data) => ReactNode;
}

/** A part of a dashboard: waiting, failed, empty or filled for itself. */
export function Panel<Data>({ title, aside, query, height, skeleton, isEmpty, empty, children }: PanelProps<Data>) {
  const { data } = query;
  return (
    <Section title={title} aside={aside}>
      {/* What is shown is of another range while the new one is on its way. */}
      <div className={`${height} ${query.isPlaceholderData ? "opacity-60 transition-opacity" : ""}`}>
        {data === undefined ? (
          query.isError ? (
            <Failed error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            (skeleton ?? <Lines label={`Loading: ${title}`} />)
          )
        ) : isEmpty(data) ? (
          <p className="rounded-lg border border-dashed px-4 py-6 text-center text-dim">{empty}</p>
        ) : (
          children(data)
        )}
      </div>
    </Section>
  );
}

function Failed({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  return (
    <div role="alert" className="flex items-center justify-between gap-3 rounded-lg border px-4 py-3">
      <span className="text-red">{error?.message ?? "This could not be counted."}</span>
      <Button onClick={onRetry}>Try again</Button>
    </div>
  );
}

function Lines({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="appears-late space-y-3.5 pt-2">
      {["w-4/5", "w-3/5", "w-2/3", "w-1/2", "w-2/5"].map((width) => (
        <Bone key={width} className={`h-3 ${width}`} />
      ))}
    </div>
  );
}
