/** Whom an alert reaches beside the live stream. */
export type AlertAction =
  | { readonly type: "websocket" }
  | { readonly type: "destination"; readonly destination_id: string }
  | { readonly type: "people"; readonly who: "members" | "assignee" | { readonly user_id: string } };
