import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { type Format, factsOf, jsonRequest, linkOf, valueOf } from "./format.ts";

/** As https://core.telegram.org/bots/api#sendmessage has it. */
const TEXT_LENGTH_MAX = 4_096;

/** Plain text: nothing in it can be taken for mark-up. */
export const formatTelegram: Format = (input) => {
  const { notice, destination } = input;
  const facts = factsOf(notice).map(({ name, value }) => `${name}: ${value}`);
  const link = linkOf(input);
  const text = [titleOf(notice), "", notice.message, "", ...facts].join("\n");
  return jsonRequest(
    `https://api.telegram.org/bot${encodeURIComponent(valueOf(destination, "bot_token"))}/sendMessage`,
    {
      chat_id: valueOf(destination, "chat_id"),
      text: `${clipped(text, TEXT_LENGTH_MAX - link.length - 2)}\n\n${link}`,
      link_preview_options: { is_disabled: true },
    },
  );
};
