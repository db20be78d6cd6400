import type { ApiActivity } from "@mesher/protocol";
import type { Activity } from "../issues/activity.queries.ts";

export function showActivity(activity: Activity): ApiActivity {
  return {
    id: String(activity.id),
    kind: activity.kind,
    at: activity.at.toISOString(),
    actor: activity.actor,
    details: activity.details,
    comment: activity.comment,
    edited_at: activity.editedAt?.toISOString() ?? null,
  };
}
