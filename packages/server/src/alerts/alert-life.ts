/** The life of an alert as a table: what can be done to it, and what comes by itself. Pure. */
import type { AlertStatus } from "@mesher/protocol";

/** Two decisions of a person, and the end of what the alert tells of. */
export type AlertCause = "acknowledge" | "resolve" | "condition_ended";

/** Undefined: not as things stand. */
const TRANSITIONS: Record<AlertStatus, Record<AlertCause, AlertStatus | undefined>> = {
  active: { acknowledge: "acknowledged", resolve: "resolved", condition_ended: "resolved" },
  acknowledged: { acknowledge: undefined, resolve: "resolved", condition_ended: "resolved" },
  resolved: { acknowledge: undefined, resolve: undefined, condition_ended: undefined },
};

export function nextStatus(status: AlertStatus, cause: AlertCause): AlertStatus | undefined {
  return TRANSITIONS[status][cause];
}
