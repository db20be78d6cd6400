import type { WebhookPayload } from "@mesher/protocol";
import { signedHeaders } from "../signing-secret.ts";
import { type Format, type FormatInput, jsonRequest, linkOf, valueOf } from "./format.ts";

export const formatWebhook: Format = (input) => {
  const { deliveryId, destination, nowMs } = input;
  const request = jsonRequest(valueOf(destination, "url"), payloadOf(input));
  const signed = signedHeaders(destination.secrets, deliveryId, nowMs, request.body);
  return { ...request, headers: { ...request.headers, ...signed } };
};

function payloadOf(input: FormatInput): WebhookPayload {
  const { deliveryId, notice } = input;
  const { issue } = notice;
  return {
    type: `alert.${notice.kind}`,
    timestamp: new Date(notice.triggeredAtMs).toISOString(),
    data: {
      delivery_id: deliveryId,
      alert: {
        id: notice.alertId,
        message: notice.message,
        condition: notice.condition,
        suppressed: notice.suppressed ?? 0,
      },
      rule: { id: notice.ruleId, name: notice.ruleName },
      project: { id: notice.projectId, name: notice.projectName },
      organization: { id: notice.organizationId },
      issue:
        issue === undefined
          ? null
          : {
              id: issue.id,
              short_id: issue.shortId ?? null,
              title: issue.title,
              culprit: issue.culprit,
              level: issue.level,
              event_count: issue.eventCount ?? null,
              url: linkOf(input),
            },
    },
  };
}
