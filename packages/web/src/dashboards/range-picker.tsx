import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { Button, buttonClass, PrimaryButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { type DashboardSearch, PERIODS, type Period, rangeOf } from "./dashboard-search.ts";
import { fromLocal, toLocal } from "./local-time.ts";

const LENGTH_DAYS_MAX = 400;
const DAY_MS = 86_400_000;
/** Browsers take years of six digits, too. */
const YEARS = { type: "datetime-local", min: "1970-01-01T00:00", max: "9999-12-31T23:59" } as const;

interface RangePickerProps {
  readonly projectSlug: string;
  readonly search: DashboardSearch;
  readonly zone: string;
}

/** Which time is looked at, in the address. */
export function RangePicker({ projectSlug, search, zone }: RangePickerProps) {
  const [isAsking, setAsking] = useState(false);
  const range = rangeOf(search);
  return (
    <div className="flex items-center gap-1.5">
      <nav aria-label="Range" className="flex rounded-md border border-edge p-px">
        {(Object.keys(PERIODS) as Period[]).map((period) => {
          const isShown = "period" in range && range.period === period;
          return (
            <Link
              key={period}
              to="/projects/$slug/dashboard"
              params={{ slug: projectSlug }}
              search={{ ...search, from: undefined, to: undefined, period: period === "24h" ? undefined : period }}
              title={`The last ${PERIODS[period]}`}
              aria-current={isShown ? "true" : undefined}
              className={`rounded-[5px] px-2 py-1 text-xs font-medium ${isShown ? "bg-line text-ink" : "text-dim hover:text-ink"}`}
            >
              {period}
            </Link>
          );
        })}
      </nav>
      <button type="button" onClick={() => setAsking(true)} className={buttonClass}>
        Other…
      </button>
      {isAsking && <RangeDialog search={search} zone={zone} onClose={() => setAsking(false)} />}
    </div>
  );
}

function RangeDialog({ search, zone, onClose }: { search: DashboardSearch; zone: string; onClose: () => void }) {
  const navigate = useNavigate({ from: "/projects/$slug/dashboard" });
  const [fault, setFault] = useState<string>();
  const [nowMs] = useState(() => Date.now());
  const from = search.from ?? new Date(nowMs - DAY_MS).toISOString();
  const to = search.to ?? new Date(nowMs).toISOString();
  const take = (form: FormData) => {
    const span = { from: fromLocal(textOf(form, "from"), zone), to: fromLocal(textOf(form, "to"), zone) };
    const lengthMs = Date.parse(span.to) - Date.parse(span.from);
    if (lengthMs <= 0) return setFault("It has to begin before it ends.");
    if (lengthMs > LENGTH_DAYS_MAX * DAY_MS) return setFault(`It may be ${LENGTH_DAYS_MAX} days long at most.`);
    onClose();
    return void navigate({ search: (before) => ({ ...before, period: undefined, ...span }) });
  };
  return (
    <Dialog title="From and to" onClose={onClose}>
      <Form onData={take} className="mt-4 space-y-3.5">
        <Field label="From" name="from" {...YEARS} defaultValue={toLocal(from, zone)} required />
        <Field label="To" name="to" {...YEARS} defaultValue={toLocal(to, zone)} required />
        <p className="text-xs text-faint">By the clock of {zone}. Counted in whole hours.</p>
        {fault !== undefined && (
          <p role="alert" className="text-red">
            {fault}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button className="h-8" onClick={onClose}>
            Cancel
          </Button>
          <PrimaryButton type="submit">Show it</PrimaryButton>
        </div>
      </Form>
    </Dialog>
  );
}
