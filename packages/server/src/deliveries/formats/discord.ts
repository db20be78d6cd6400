import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { colorOf, type Format, factsOf, jsonRequest, linkOf, valueOf } from "./format.ts";

/** As https://discord.com/developers/docs/resources/message#embed-object has them. */
const TITLE_LENGTH_MAX = 256;
const DESCRIPTION_LENGTH_MAX = 2_048;
const FIELD_LENGTH_MAX = 256;

export const formatDiscord: Format = (input) => {
  const { notice, destination } = input;
  return jsonRequest(valueOf(destination, "webhook_url"), {
    username: "Mesher",
    // Whatever an event says, it calls nobody.
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: clipped(titleOf(notice), TITLE_LENGTH_MAX),
        url: linkOf(input),
        description: clipped(escaped(notice.message), DESCRIPTION_LENGTH_MAX),
        color: colorOf(notice),
        timestamp: new Date(notice.triggeredAtMs).toISOString(),
        fields: factsOf(notice).map(({ name, value }) => ({
          name,
          value: clipped(escaped(value), FIELD_LENGTH_MAX),
          inline: true,
        })),
      },
    ],
  });
};

function escaped(text: string): string {
  return text.replace(/[\\*_~`|>[\]()#]/g, "\\$&");
}
