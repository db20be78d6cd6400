import { Type } from "typebox";
import { created, data, type Operations, ok } from "./operation.ts";
import { pageOf, Text, Texts, Uuid } from "./shape.ts";
import {
  Delivery,
  DeliveryDetail,
  Destination,
  DestinationKindName,
  NewDestination,
  NotificationModeName,
  NotificationPreferences,
} from "./shapes-deliveries.ts";
import { Affected } from "./shapes-issues.ts";

const Config = Type.Record(Type.String(), Type.Union([Text, Texts]), {
  description: "What the kind needs: docs/notifications.md",
});
const NewDestinationBody = Type.Object({
  kind: DestinationKindName,
  name: Text,
  is_enabled: Type.Optional(Type.Boolean()),
  config: Config,
});
const DestinationChange = Type.Object({
  name: Type.Optional(Text),
  is_enabled: Type.Optional(Type.Boolean()),
  config: Type.Optional(Config),
});
const PreferencesChange = Type.Object({
  mode: Type.Optional(NotificationModeName),
  only_assigned: Type.Optional(Type.Boolean()),
  weekly_report: Type.Optional(Type.Boolean()),
});
const page = { 200: { mediaType: "text/html", schema: Type.String() } };

export const DELIVERIES: Operations = {
  "GET /api/v1/orgs/:org/destinations": { summary: "Where alerts can go", answers: data(Destination) },
  "POST /api/v1/orgs/:org/destinations": {
    summary: "Add a destination",
    description: "The secret of a webhook's signatures is in this answer, and in no other.",
    body: NewDestinationBody,
    answers: created(NewDestination),
    refusals: { 409: "There are too many" },
  },
  "GET /api/v1/orgs/:org/destinations/:destination": { summary: "A destination", answers: ok(Destination) },
  "PATCH /api/v1/orgs/:org/destinations/:destination": {
    summary: "Change a destination",
    description: "What is not given stays, secrets too.",
    body: DestinationChange,
    answers: ok(Destination),
  },
  "POST /api/v1/orgs/:org/destinations/:destination/delete": {
    summary: "Remove a destination",
    description: "What waits for it is cancelled.",
    answers: ok(Affected),
  },
  "POST /api/v1/orgs/:org/destinations/:destination/test": {
    summary: "Send a test message",
    answers: created(Type.Object({ delivery_id: Uuid })),
  },
  "POST /api/v1/orgs/:org/destinations/:destination/rotate-secret": {
    summary: "Make a new secret for a webhook's signatures",
    description: "Messages are signed with the former one, too, for a day.",
    answers: ok(NewDestination),
    refusals: { 409: "It is no webhook" },
  },
  "GET /api/v1/orgs/:org/deliveries": { summary: "Deliveries, newest first", answers: ok(pageOf(Delivery)) },
  "GET /api/v1/orgs/:org/deliveries/:delivery": {
    summary: "A delivery with its attempts",
    answers: ok(DeliveryDetail),
  },
  "POST /api/v1/orgs/:org/deliveries/:delivery/resend": {
    summary: "Send a delivery once more",
    answers: ok(Affected),
    refusals: { 409: "It is on its way already" },
  },
  "GET /api/v1/me/notification-preferences": {
    summary: "What one hears by mail of the chosen organization",
    answers: ok(NotificationPreferences),
  },
  "PATCH /api/v1/me/notification-preferences": {
    summary: "Change what one hears by mail",
    body: PreferencesChange,
    answers: ok(NotificationPreferences),
  },
  "GET /api/v1/unsubscribe": { summary: "Where the link of a mail leads: asks, and changes nothing", answers: page },
  "POST /api/v1/unsubscribe": { summary: "Stop mails, by the token of one (RFC 8058)", answers: page },
};
