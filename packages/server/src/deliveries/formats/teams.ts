import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { type Format, factsOf, jsonRequest, linkOf, severityOf, valueOf } from "./format.ts";

/** Of the whole message, 28 KB are taken. */
const TEXT_LENGTH_MAX = 2_000;
const FACT_LENGTH_MAX = 500;

/** An adaptive card, as the workflow "post to a channel when a webhook request is received" takes it. */
export const formatTeams: Format = (input) => {
  const { notice, destination } = input;
  return jsonRequest(valueOf(destination, "webhook_url"), {
    type: "message",
    attachments: [
      {
        contentType: "application/vnd.microsoft.card.adaptive",
        content: {
          $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
          type: "AdaptiveCard",
          version: "1.4",
          body: [
            {
              type: "TextBlock",
              size: "Medium",
              weight: "Bolder",
              wrap: true,
              color: notice.kind === "resolved" ? "Good" : COLORS[severityOf(notice)],
              text: escaped(titleOf(notice)),
            },
            { type: "TextBlock", wrap: true, text: clipped(escaped(notice.message), TEXT_LENGTH_MAX) },
            {
              type: "FactSet",
              facts: factsOf(notice).map(({ name, value }) => ({
                title: name,
                value: clipped(escaped(value), FACT_LENGTH_MAX),
              })),
            },
          ],
          actions: [{ type: "Action.OpenUrl", title: "Open in Mesher", url: linkOf(input) }],
        },
      },
    ],
  });
};

const COLORS = { critical: "Attention", error: "Attention", warning: "Warning", info: "Accent" } as const;

/** Cards read a little Markdown: links, above all. */
function escaped(text: string): string {
  return text.replace(/[\\*_[\]()]/g, "\\$&");
}
