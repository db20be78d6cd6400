/** A rule as the domain knows it. */
import type { AlertAction, AlertCondition, AlertFilters, CooldownScope } from "@mesher/protocol";

/** What people decide about a rule. */
export interface RuleSettings {
  readonly name: string;
  readonly condition: AlertCondition;
  readonly filters: AlertFilters;
  readonly action: AlertAction | readonly AlertAction[];
  readonly enabled: boolean;
  readonly cooldownMinutes: number;
  readonly cooldownScope: CooldownScope;
}

export interface RuleKey {
  readonly projectId: string;
  readonly ruleId: string;
}

export interface AlertRule extends RuleSettings, RuleKey {
  readonly lastFiredAt: Date | null;
  readonly silencedUntil: Date | null;
  readonly openAlerts: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Of a project; each costs something every half minute. */
export const RULES_MAX = 100;
