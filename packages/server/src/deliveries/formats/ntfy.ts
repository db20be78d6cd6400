import { clipped } from "../../runtime/clipped.ts";
import { titleOf } from "../alert-notice.ts";
import { type Format, factsOf, jsonRequest, linkOf, severityOf, valueOf } from "./format.ts";

/** A longer message becomes an attachment. */
const MESSAGE_LENGTH_MAX = 3_000;

/** As JSON, posted to the server and not to the topic: headers could not hold every letter. https://docs.ntfy.sh/publish/ */
export const formatNtfy: Format = (input) => {
  const { notice, destination } = input;
  const { server, topic } = partsOf(valueOf(destination, "url"));
  const token = destination.secrets["token"];
  const facts = factsOf(notice).map(({ name, value }) => `${name}: ${value}`);
  return jsonRequest(
    server,
    {
      topic,
      title: titleOf(notice),
      message: clipped([notice.message, "", ...facts].join("\n"), MESSAGE_LENGTH_MAX),
      priority: PRIORITIES[severityOf(notice)],
      tags: [notice.kind === "resolved" ? "white_check_mark" : "rotating_light"],
      click: linkOf(input),
    },
    token === undefined ? {} : { authorization: `Bearer ${token}` },
  );
};

const PRIORITIES = { critical: 5, error: 4, warning: 3, info: 2 } as const;

/** The topic is the last part of the path. */
function partsOf(url: string): { readonly server: string; readonly topic: string } {
  const { origin, pathname } = new URL(url);
  const parts = pathname.split("/").filter((part) => part !== "");
  const topic = decodeURIComponent(parts.pop() ?? "");
  return { server: [origin, ...parts, ""].join("/"), topic };
}
