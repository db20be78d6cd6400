/** An alert as the domain knows it. */
import type { AlertActivityKind, AlertKind, AlertStatus } from "@mesher/protocol";

export interface AlertKey {
  readonly projectId: string;
  readonly alertId: string;
}

/** Who did something to it. `system`: nobody; it came by itself. */
export interface AlertActor {
  readonly kind: "user" | "token" | "system";
  readonly id: string | null;
  readonly name: string;
}

export const SYSTEM: AlertActor = { kind: "system", id: null, name: "Mesher" };

export interface Alert extends AlertKey {
  readonly ruleId: string;
  readonly ruleName: string;
  readonly kind: AlertKind;
  readonly status: AlertStatus;
  readonly message: string;
  readonly conditionSnapshot: Readonly<Record<string, unknown>>;
  readonly issue: { readonly id: string; readonly shortId: string | null; readonly title: string | null } | null;
  readonly silenced: boolean;
  readonly suppressed: number;
  readonly triggeredAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly resolvedAt: Date | null;
}

export interface AlertActivity {
  readonly kind: AlertActivityKind;
  readonly at: Date;
  readonly actor: AlertActor;
  readonly details: Readonly<Record<string, unknown>>;
}
