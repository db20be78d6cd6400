/** A message on its way to one receiver. */
import type { DeliveryPurpose, DeliveryStatus, DestinationKind } from "@mesher/protocol";
import type { AlertNotice } from "./alert-notice.ts";
import type { WeeklyReport } from "./weekly-report.ts";

/** What is said, as it is kept until it is put into the form of its receiver. */
export type DeliveryMessage =
  | { readonly purpose: "alert" | "test"; readonly notice: AlertNotice }
  | {
      readonly purpose: "digest";
      readonly mode: "hourly" | "daily";
      readonly notices: readonly AlertNotice[];
      /** Notices that are not among them, for there were too many. */
      readonly more: number;
    }
  | { readonly purpose: "weekly_report"; readonly report: WeeklyReport };

export interface DeliveryKey {
  readonly organizationId: string;
  readonly id: string;
}

export interface Delivery extends DeliveryKey {
  readonly purpose: DeliveryPurpose;
  readonly status: DeliveryStatus;
  readonly kind: DestinationKind;
  readonly destinationId: string | null;
  readonly userId: string | null;
  readonly receiver: string;
  readonly projectId: string | null;
  readonly alertId: string | null;
  readonly title: string;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly dueAt: Date;
  readonly finishedAt: Date | null;
  readonly error: string | null;
}

export interface NewDelivery {
  /** Either of the two. */
  readonly destinationId: string | null;
  readonly userId: string | null;
  readonly kind: DestinationKind;
  readonly receiver: string;
}

/** The task of the queue that sends deliveries. */
export const DELIVER_TASK = "deliver";
