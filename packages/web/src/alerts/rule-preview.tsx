import type { ApiAlertPreview } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { alertPreviewQuery } from "../api/alert-queries.ts";
import { Bone } from "../ui/skeleton.tsx";
import { formatFull } from "../ui/time.ts";
import { isComplete, type RuleDraft, ruleOf, tagsFault } from "./rule-draft.ts";

/** Whoever types is not asked about every letter. */
const SETTLED_MS = 400;

/** How often the rule would have fired lately, had it been there. */
export function RulePreview({ projectSlug, draft }: { projectSlug: string; draft: RuleDraft }) {
  const settled = useSettled(draft);
  const { condition, filters, cooldown_minutes, cooldown_scope } = ruleOf(settled);
  const fault = tagsFault(settled);
  const request =
    isComplete(settled) && fault === undefined
      ? {
          condition,
          filters,
          ...(cooldown_minutes !== undefined && { cooldown_minutes }),
          ...(cooldown_scope && { cooldown_scope }),
        }
      : undefined;
  const preview = useQuery(alertPreviewQuery(projectSlug, request));
  return (
    <section aria-label="Preview" className="min-h-16">
      {request === undefined ? (
        <p className="text-faint">{fault ?? "Fill in the numbers to see how often it would have fired."}</p>
      ) : preview.isError ? (
        <p role="alert" className="text-red">
          {preview.error.message}
        </p>
      ) : preview.data === undefined ? (
        <Bone className="h-14 w-full" />
      ) : (
        <Fired preview={preview.data} isOld={preview.isPlaceholderData} />
      )}
    </section>
  );
}

function useSettled(draft: RuleDraft): RuleDraft {
  const [settled, setSettled] = useState(draft);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(draft), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [draft]);
  return settled;
}

function Fired({ preview, isOld }: { preview: ApiAlertPreview; isOld: boolean }) {
  const [from, to] = [Date.parse(preview.from), Date.parse(preview.to)];
  const hours = Math.max(1, Math.round((to - from) / 3_600_000));
  return (
    <div aria-busy={isOld}>
      <p role="status" className="font-medium">
        {preview.fired === 0
          ? `It would not have fired in the last ${hours} h.`
          : `It would have fired ${preview.fired === 1 ? "once" : `${preview.fired.toLocaleString("en")} times`} in the last ${hours} h.`}
      </p>
      <svg
        viewBox="0 0 1000 24"
        preserveAspectRatio="none"
        role="img"
        aria-label={`When it would have fired: ${
          preview.firings.length === 0
            ? "never"
            : preview.firings
                .map(({ at }) => formatFull(at))
                .slice(0, 20)
                .join(", ")
        }`}
        className="mt-2 h-6 w-full rounded border"
      >
        {preview.firings.map(({ at, issue_id }, index) => {
          const x = ((Date.parse(at) - from) / Math.max(1, to - from)) * 1000;
          return (
            <line
              key={`${at} ${issue_id} ${index}`}
              x1={x}
              x2={x}
              y1={3}
              y2={21}
              strokeWidth={3}
              vectorEffect="non-scaling-stroke"
              className="stroke-red"
            />
          );
        })}
      </svg>
      <p className="mt-1 flex justify-between text-xs text-faint">
        <time dateTime={preview.from}>{formatFull(preview.from)}</time>
        <span>now</span>
      </p>
      {!preview.is_complete && (
        <p className="text-xs text-amber">There were more events than are looked at; it looked back as far as shown.</p>
      )}
    </div>
  );
}
