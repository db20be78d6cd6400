import type { Grouping, GroupingPart, GroupingStrategy } from "@mesher/protocol";

const REASON: Record<GroupingStrategy, string> = {
  custom_fingerprint: "The SDK set this fingerprint itself.",
  extended_fingerprint: "The SDK extended the default fingerprint.",
  in_app_frames: "Same exception, thrown along the same frames of your own code.",
  all_frames: "Same exception, thrown along the same frames. None of them is marked as your own code.",
  exception: "Same exception. There were no usable frames.",
  message: "Same message.",
  security_report: "Same violation, reported by a browser.",
  fallback: "There was nothing to tell such events apart by.",
};

/** Parts that are shown at once; the others unfold. */
const PARTS_SHOWN = 6;

/** Why events are one issue, in the order in which it was hashed. */
export function GroupingExplanation({ grouping }: { grouping: Grouping }) {
  return (
    <div className="min-w-0">
      <p className="text-dim">{REASON[grouping.strategy]}</p>
      <Parts parts={grouping.parts.slice(0, PARTS_SHOWN)} />
      {grouping.parts.length > PARTS_SHOWN && (
        <details className="mt-1.5">
          <summary className="cursor-pointer text-dim hover:text-ink">
            {grouping.parts.length - PARTS_SHOWN} more
          </summary>
          <Parts parts={grouping.parts.slice(PARTS_SHOWN)} />
        </details>
      )}
      <p className="mt-2 truncate font-mono text-[0.6875rem] text-faint" title={grouping.fingerprint}>
        v{grouping.version} · {grouping.fingerprint}
      </p>
    </div>
  );
}

function Parts({ parts }: { parts: readonly GroupingPart[] }) {
  if (parts.length === 0) return null;
  return (
    <ol className="mt-2 space-y-1.5">
      {parts.map((part, index) => (
        // The same part may occur twice, and the list never changes.
        <li key={index} className="min-w-0">
          <span className="block text-[0.6875rem] leading-4 text-faint">{part.kind}</span>
          <code className="block break-words">{part.value}</code>
        </li>
      ))}
    </ol>
  );
}
