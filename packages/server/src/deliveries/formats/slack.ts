import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { colorOf, type Format, factsOf, jsonRequest, linkOf, valueOf } from "./format.ts";

/** As https://docs.slack.dev/reference/block-kit has them. */
const SECTION_LENGTH_MAX = 3_000;
const FIELD_LENGTH_MAX = 2_000;
const FIELDS_MAX = 10;
const FALLBACK_LENGTH_MAX = 3_000;

export const formatSlack: Format = (input) => {
  const { notice, destination } = input;
  const title = escaped(clipped(titleOf(notice), 250));
  const fields = factsOf(notice).map(({ name, value }) => ({
    type: "mrkdwn",
    text: clipped(`*${escaped(name)}*\n${escaped(value)}`, FIELD_LENGTH_MAX),
  }));
  return jsonRequest(valueOf(destination, "webhook_url"), {
    // What a notification shows.
    text: clipped(title, FALLBACK_LENGTH_MAX),
    attachments: [
      {
        color: `#${colorOf(notice).toString(16).padStart(6, "0")}`,
        blocks: [
          section(`*<${linkOf(input)}|${title}>*`),
          section(escaped(notice.message)),
          { type: "section", fields: fields.slice(0, FIELDS_MAX) },
        ],
      },
    ],
  });
};

const section = (text: string) => ({
  type: "section",
  text: { type: "mrkdwn", text: clipped(text, SECTION_LENGTH_MAX) || " " },
});

/** What would be a link, or a call for everybody (`<!channel>`). */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
