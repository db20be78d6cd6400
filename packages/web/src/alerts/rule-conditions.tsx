import {
  ALERT_CONDITION_TYPES,
  type AlertConditionType,
  type CooldownScope,
  LEVELS,
  type Level,
} from "@mesher/protocol";
import type { ComponentProps, ReactNode } from "react";
import { lineInputClass } from "../ui/field.tsx";
import type { RuleDraft } from "./rule-draft.ts";

const WINDOW_MINUTES_MAX = 1_440;
const COOLDOWN_MINUTES_MAX = 10_080;

const CONDITION: Readonly<Record<AlertConditionType, string>> = {
  threshold: "the number of events is above",
  percent_change: "the number of events changes by more than",
  new_issue: "an issue is new",
  regression: "a resolved issue comes back",
  escalation: "an archived issue has many more events than usual",
  issue_events: "the events of one issue are above",
  issue_users: "the users affected by one issue are above",
};

/** Of what may be many for each issue there is a choice what a cooldown holds back. */
const IS_OF_ISSUES: Readonly<Record<AlertConditionType, boolean>> = {
  threshold: false,
  percent_change: false,
  new_issue: true,
  regression: true,
  escalation: true,
  issue_events: true,
  issue_users: true,
};

/** What is counted against a threshold; the others just happen. */
const IS_COUNTED: Readonly<Record<AlertConditionType, boolean>> = {
  threshold: true,
  issue_events: true,
  issue_users: true,
  percent_change: false,
  new_issue: false,
  regression: false,
  escalation: false,
};

interface PartProps {
  readonly draft: RuleDraft;
  readonly onChange: (more: Partial<RuleDraft>) => void;
}

/** "When … is above 100 in 5 minutes, for …, at most every 60 minutes": a sentence with gaps. */
export function RuleConditions({ draft, onChange }: PartProps) {
  return (
    <div className="space-y-4 rounded-lg border p-4">
      <Sentence>
        <span>When</span>
        <select
          aria-label="Condition"
          value={draft.type}
          onChange={({ target: { value } }) => {
            const type = ALERT_CONDITION_TYPES.find((each) => each === value) ?? draft.type;
            onChange({ type, cooldownScope: IS_OF_ISSUES[type] ? "issue" : "rule" });
          }}
          className={lineInputClass}
        >
          {ALERT_CONDITION_TYPES.map((type) => (
            <option key={type} value={type}>
              {CONDITION[type]}
            </option>
          ))}
        </select>
        <ConditionNumbers draft={draft} onChange={onChange} />
      </Sentence>
      <Filters draft={draft} onChange={onChange} />
      <Sentence>
        <span>at most every</span>
        <Amount
          label="Minutes between alerts"
          value={draft.cooldown}
          min={1}
          max={COOLDOWN_MINUTES_MAX}
          onValue={(cooldown) => onChange({ cooldown })}
        />
        <span>minutes</span>
        {IS_OF_ISSUES[draft.type] && (
          <select
            aria-label="What waits"
            value={draft.cooldownScope}
            onChange={({ target: { value } }) => onChange({ cooldownScope: value as CooldownScope })}
            className={lineInputClass}
          >
            <option value="issue">for each issue</option>
            <option value="rule">for all issues together</option>
          </select>
        )}
      </Sentence>
    </div>
  );
}

function ConditionNumbers({ draft, onChange }: PartProps) {
  const window = (
    <Amount
      label="Minutes"
      value={draft.window}
      min={1}
      max={WINDOW_MINUTES_MAX}
      onValue={(value) => onChange({ window: value })}
    />
  );
  if (draft.type === "percent_change") {
    return (
      <>
        <Amount label="Percent" value={draft.percent} min={1} onValue={(percent) => onChange({ percent })} />
        <span>%</span>
        <select
          aria-label="Direction"
          value={draft.direction}
          onChange={({ target: { value } }) => onChange({ direction: value === "decrease" ? "decrease" : "increase" })}
          className={lineInputClass}
        >
          <option value="increase">upwards</option>
          <option value="decrease">downwards</option>
        </select>
        <span>within</span>
        {window}
        <span>minutes, with at least</span>
        <Amount label="Least events" value={draft.eventsMin} min={1} onValue={(eventsMin) => onChange({ eventsMin })} />
        <span>events</span>
      </>
    );
  }
  if (!IS_COUNTED[draft.type]) return null;
  return (
    <>
      <Amount label="Threshold" value={draft.threshold} min={0} onValue={(threshold) => onChange({ threshold })} />
      <span>in</span>
      {window}
      <span>minutes</span>
    </>
  );
}

function Filters({ draft, onChange }: PartProps) {
  const toggle = (level: Level) =>
    onChange({
      levels: draft.levels.includes(level) ? draft.levels.filter((each) => each !== level) : [...draft.levels, level],
    });
  return (
    <fieldset>
      <legend className="mb-2 text-dim">for events that are</legend>
      <div role="group" aria-label="Levels" className="mb-3 flex flex-wrap gap-1.5">
        {LEVELS.map((level) => (
          <label
            key={level}
            className="inline-flex items-center gap-1.5 rounded-md border px-2 py-1 text-xs has-checked:border-ink has-focus-visible:outline-2"
          >
            <input type="checkbox" checked={draft.levels.includes(level)} onChange={() => toggle(level)} />
            {level}
          </label>
        ))}
        {draft.levels.length === 0 && <span className="self-center text-xs text-faint">of any level</span>}
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <Text
          label="in environment"
          hint="any"
          value={draft.environments}
          onValue={(environments) => onChange({ environments })}
        />
        <Text label="of release" hint="any" value={draft.releases} onValue={(releases) => onChange({ releases })} />
        <Text label="with tag" hint="browser=Firefox" value={draft.tags} onValue={(tags) => onChange({ tags })} />
        <Text
          label="found by the search"
          hint='"payment failed" !handled:true'
          value={draft.query}
          onValue={(query) => onChange({ query })}
        />
      </div>
    </fieldset>
  );
}

function Sentence({ children }: { children: ReactNode }) {
  return <div className="flex flex-wrap items-center gap-x-2 gap-y-2">{children}</div>;
}

function Amount({
  label,
  onValue,
  ...rest
}: { label: string; onValue: (value: string) => void } & ComponentProps<"input">) {
  return (
    <input
      aria-label={label}
      type="number"
      inputMode="numeric"
      step={1}
      required
      onChange={({ target: { value } }) => onValue(value)}
      className={`${lineInputClass} w-20 tabular-nums`}
      {...rest}
    />
  );
}

function Text(props: { label: string; hint: string; value: string; onValue: (value: string) => void }) {
  return (
    <label className="block text-xs text-dim">
      {props.label}
      <input
        value={props.value}
        placeholder={props.hint}
        spellCheck={false}
        onChange={({ target: { value } }) => props.onValue(value)}
        className={`${lineInputClass} mt-1 w-full text-ink`}
      />
    </label>
  );
}
