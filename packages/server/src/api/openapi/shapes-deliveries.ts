import {
  type ApiDelivery,
  type ApiDeliveryAttempt,
  type ApiDeliveryDetail,
  type ApiDeliveryQueue,
  type ApiDestination,
  type ApiNewDestination,
  type ApiNotificationPreferences,
  DELIVERY_PURPOSES,
  DELIVERY_STATUSES,
  DESTINATION_KINDS,
  NOTIFICATION_MODES,
} from "@mesher/protocol";
import { Type } from "typebox";
import { Count, orNull, shapeOf, Text, Texts, Time, Uuid } from "./shape.ts";

export const DestinationKindName = Type.Enum([...DESTINATION_KINDS]);
export const NotificationModeName = Type.Enum([...NOTIFICATION_MODES]);

export const Destination = shapeOf<ApiDestination>()(
  Type.Object({
    id: Uuid,
    kind: DestinationKindName,
    name: Text,
    is_enabled: Type.Boolean(),
    config: Type.Record(Type.String(), Type.Union([Text, Texts])),
    obstacle: orNull(Text),
    paused_until: orNull(Time),
    created_at: Time,
    updated_at: Time,
  }),
);

export const NewDestination = shapeOf<ApiNewDestination>()(
  Type.Object({
    ...Destination.properties,
    signing_secret: orNull(Type.String({ description: "Of webhooks, told once" })),
  }),
);

export const Delivery = shapeOf<ApiDelivery>()(
  Type.Object({
    id: Uuid,
    purpose: Type.Enum([...DELIVERY_PURPOSES]),
    status: Type.Enum([...DELIVERY_STATUSES]),
    kind: DestinationKindName,
    destination_id: orNull(Uuid),
    user_id: orNull(Uuid),
    receiver: Text,
    project_id: orNull(Uuid),
    alert_id: orNull(Text),
    title: Text,
    attempts: Count,
    created_at: Time,
    due_at: orNull(Time),
    finished_at: orNull(Time),
    error: orNull(Text),
  }),
);

export const DeliveryAttempt = shapeOf<ApiDeliveryAttempt>()(
  Type.Object({
    number: Count,
    node: Text,
    started_at: Time,
    duration_ms: orNull(Count),
    outcome: Type.Enum(["running", "sent", "failed", "lost"]),
    response_status: orNull(Count),
    error: orNull(Text),
  }),
);

export const DeliveryDetail = shapeOf<ApiDeliveryDetail>()(
  Type.Object({ ...Delivery.properties, attempt_log: Type.Array(DeliveryAttempt) }),
);

export const DeliveryQueue = shapeOf<ApiDeliveryQueue>()(
  Type.Object({
    waiting: Count,
    sending: Count,
    dead: Count,
    overdue_seconds: orNull(Type.Number({ minimum: 0 })),
  }),
);

export const NotificationPreferences = shapeOf<ApiNotificationPreferences>()(
  Type.Object({
    organization_id: Uuid,
    mode: NotificationModeName,
    only_assigned: Type.Boolean(),
    weekly_report: Type.Boolean(),
    email: Text,
    is_mail_set_up: Type.Boolean(),
  }),
);
