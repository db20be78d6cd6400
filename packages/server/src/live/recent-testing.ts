import type { StreamChange } from "@mesher/protocol";

/** Of whatever kind: told apart by its text. */
export const change = (text: string): StreamChange => ({
  type: "alert",
  project_id: "p",
  alert_id: text,
  rule_id: "r",
  rule_name: "",
  condition: "",
  message: "",
});
