import { type ApiAccount, OUTCOMES, type Outcome } from "@mesher/protocol";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../ui/count.ts";
import { Disclosure } from "../ui/section.tsx";
import { percent } from "./share-rows.tsx";

type Row = ApiAccount["outcomes"][number];

/** Colours tell what is well and what is not: what was dropped on purpose is grey. */
const COLOR: Partial<Record<Outcome, string>> = {
  stored: "var(--color-green)",
  invalid: "var(--color-mark)",
  quarantined: "var(--color-red)",
};
const GREYS = ["var(--color-bar)", "var(--color-edge)", "var(--color-dim)", "var(--color-faint)"];
/** What a project's settings decide. */
const BY_SETTINGS: readonly Outcome[] = ["filtered", "sampled", "rate_limited", "forbidden_page", "unknown_key"];

/** Where everything that was sent went: accepted is the sum of what became of it. */
export function LossAccount({ account, projectSlug }: { account: ApiAccount; projectSlug: string }) {
  const accepted = partsOf(account, "accepted");
  const refused = partsOf(account, "refused");
  const unsent = partsOf(account, "client");
  return (
    <div className="space-y-3">
      <div>
        <div
          role="img"
          aria-label={`${account.accepted} accepted: ${accepted.map(({ name, count }) => `${count} ${name}`).join(", ")}`}
          className="flex h-3 gap-px overflow-hidden rounded-full bg-line"
        >
          {accepted.map(({ key, count, color }) => (
            <span key={key} style={{ flexGrow: count, background: color }} className="min-w-1" />
          ))}
        </div>
        <p className="mt-2 text-xs text-dim">
          <span className="font-medium text-ink tabular-nums">{account.accepted.toLocaleString("en")}</span> accepted ={" "}
          {accepted.map(({ key, name, count }, index) => (
            <span key={key} className="tabular-nums">
              {index > 0 && " + "}
              {count.toLocaleString("en")} {name}
            </span>
          ))}
        </p>
      </div>
      <Parts label="Accepted" parts={accepted} total={account.accepted} projectSlug={projectSlug} />
      {refused.length > 0 && (
        <Disclosure
          open
          title="Refused"
          note={`${account.refused.toLocaleString("en")} that were never accepted; the sender was told`}
        >
          <Parts label="Refused" parts={refused} total={account.refused} projectSlug={projectSlug} />
        </Disclosure>
      )}
      {unsent.length > 0 && (
        <Disclosure title="Never sent" note="what SDKs say they dropped themselves">
          <Parts label="Never sent" parts={unsent} total={sumOf(unsent)} projectSlug={projectSlug} />
        </Disclosure>
      )}
    </div>
  );
}

interface Part {
  readonly key: string;
  readonly outcome: Outcome;
  readonly name: string;
  readonly count: number;
  readonly color: string;
}

function Parts(props: { label: string; parts: readonly Part[]; total: number; projectSlug: string }) {
  return (
    <ul aria-label={props.label} className="divide-y">
      {props.parts.map(({ key, outcome, name, count, color }) => (
        <li key={key} className="flex items-start gap-2.5 py-1.5">
          <span aria-hidden className="mt-1.5 size-2 shrink-0 rounded-[2px]" style={{ background: color }} />
          <div className="min-w-0 grow">
            <span className="font-medium first-letter:uppercase">{name}</span>
            <p className="text-xs text-faint">
              {OUTCOMES[outcome].meaning}{" "}
              {BY_SETTINGS.includes(outcome) && (
                <Link
                  to="/projects/$slug/settings"
                  params={{ slug: props.projectSlug }}
                  className="whitespace-nowrap text-dim underline hover:text-ink"
                >
                  Settings of the project
                </Link>
              )}
            </p>
          </div>
          <span className="tabular-nums" title={count.toLocaleString("en")}>
            {formatCount(count)}
          </span>
          <span className="w-11 shrink-0 text-right text-xs whitespace-nowrap text-dim tabular-nums">
            {percent(count, props.total)}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** An outcome with its reason, whatever the kind of what was sent; stored first, then the most frequent. */
function partsOf({ outcomes }: ApiAccount, side: Row["side"]): Part[] {
  const groups = Object.entries(
    Object.groupBy(
      outcomes.filter((row) => row.side === side && row.count > 0),
      ({ outcome, reason }) => `${outcome} ${reason}`,
    ),
  );
  let greys = 0;
  return groups
    .flatMap(([key, rows = []]) => {
      const [first] = rows;
      return first === undefined ? [] : [{ key, outcome: first.outcome, name: nameOf(first), count: sumOf(rows) }];
    })
    .toSorted((a, b) => Number(b.outcome === "stored") - Number(a.outcome === "stored") || b.count - a.count)
    .map((part) => ({ ...part, color: COLOR[part.outcome] ?? GREYS[greys++ % GREYS.length] ?? "" }));
}

function sumOf(rows: readonly { readonly count: number }[]): number {
  return rows.reduce((sum, { count }) => sum + count, 0);
}

function nameOf({ outcome, reason }: Row): string {
  const words = outcome.replaceAll("_", " ");
  return reason === "" || reason === outcome ? words : `${words} (${reason.replaceAll("_", " ")})`;
}
