import { clipped } from "../runtime/clipped.ts";

/** What an alert has to say, before anybody decides to whom and in which form. */
export interface AlertNotice {
  readonly alertId: string;
  readonly organizationId: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly ruleId: string;
  readonly ruleName: string;
  /** `storm`: one notice instead of many, which were `suppressed`. */
  readonly kind: "fired" | "resolved" | "test" | "storm";
  /** The rule's condition, in words. */
  readonly condition: string;
  readonly message: string;
  readonly triggeredAtMs: number;
  readonly issue?: {
    readonly id: string;
    readonly shortId?: string;
    readonly title: string;
    readonly culprit: string;
    readonly level: string;
    readonly eventCount?: number;
  };
  /** How many notices it stands for. */
  readonly suppressed?: number;
}

const TITLE_LENGTH_MAX = 200;

/** One line, for lists and subjects. */
export function titleOf({ kind, ruleName, issue, message }: AlertNotice): string {
  const about = issue?.title ?? message;
  return clipped(`${PREFIXES[kind]}${ruleName}: ${about}`.replace(/\s+/g, " ").trim(), TITLE_LENGTH_MAX);
}

const PREFIXES: Readonly<Record<AlertNotice["kind"], string>> = {
  fired: "",
  resolved: "Resolved: ",
  test: "Test: ",
  storm: "Many alerts: ",
};
