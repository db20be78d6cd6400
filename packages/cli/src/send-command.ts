import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { LEVELS, type Level, serializeEnvelope } from "@mesher/protocol";
import { type Arguments, type Command, CommandError, optionOf, UsageError } from "./command.ts";
import { DSN_OPTION, findDestination } from "./find-dsn.ts";
import { type Answer, postEnvelope } from "./post-envelope.ts";
import { SERVER_NOTES, SERVER_OPTIONS, reasonOf as whyUnanswered } from "./server-access.ts";
import type { Terminal } from "./terminal.ts";
import { VERSION } from "./version.ts";

export const sendCommand: Command = {
  name: "send",
  summary: "Sends one message event, for example from a shell script, and prints its id.",
  positional: "MESSAGE",
  options: {
    dsn: DSN_OPTION,
    ...SERVER_OPTIONS,
    level: { value: "LEVEL", help: `One of ${LEVELS.join(", ")}. Default: error.` },
    tag: { value: "KEY=VALUE", help: "A tag.", repeatable: true },
    environment: { value: "NAME", help: "For example production." },
    release: { value: "NAME", help: "For example backup@1.4.0." },
    fingerprint: {
      value: "TEXT",
      help: "Events of the same fingerprint are one issue, whatever their message.",
      repeatable: true,
    },
  },
  notes: `MESSAGE - reads the message from standard input.\n${SERVER_NOTES}`,
  run: sendMessage,
};

async function sendMessage(given: Arguments, terminal: Terminal): Promise<number> {
  const fields = fieldsOf(given);
  const message = (await readMessage(given, terminal)).trim();
  if (message === "") throw new UsageError("There is no message to send. See: mesher send --help");
  const { dsn } = await findDestination(given, terminal);

  const eventId = randomUUID().replaceAll("-", "");
  const now = new Date().toISOString();
  const event = {
    event_id: eventId,
    timestamp: now,
    platform: "other",
    message,
    server_name: hostname(),
    sdk: { name: CLIENT, version: VERSION },
    ...fields,
  };
  const envelope = serializeEnvelope({
    header: { event_id: eventId, sent_at: now, sdk: event.sdk },
    items: [{ header: { type: "event" }, payload: Buffer.from(JSON.stringify(event)) }],
  });

  const answer = await postEnvelope(dsn, { client: `${CLIENT}/${VERSION}`, auth: "header", gzip: false }, envelope);
  if (answer.kind !== "accepted") throw new CommandError(`The event was not accepted: ${reasonOf(answer)}.`);
  terminal.print(`${eventId}\n`);
  return 0;
}

const CLIENT = "mesher.cli";
/** Longer input is cut: the server keeps less of a message anyway, and the alarm matters more than its end. */
const INPUT_BYTES_MAX = 256 * 1024;

async function readMessage(given: Arguments, terminal: Terminal): Promise<string> {
  const [message = ""] = given.positionals;
  if (message !== "-") return message;

  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of terminal.readInput()) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= INPUT_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).subarray(0, INPUT_BYTES_MAX).toString();
}

function fieldsOf(given: Arguments) {
  const environment = optionOf(given, "environment");
  const release = optionOf(given, "release");
  return {
    level: parseLevel(optionOf(given, "level") ?? "error"),
    tags: Object.fromEntries((given.options.get("tag") ?? []).map(parseTag)),
    ...(environment === undefined ? {} : { environment }),
    ...(release === undefined ? {} : { release }),
    ...(given.options.has("fingerprint") ? { fingerprint: given.options.get("fingerprint") } : {}),
  };
}

function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => each === text);
  if (level === undefined) throw new UsageError(`--level is "${text}", but must be one of ${LEVELS.join(", ")}.`);
  return level;
}

function parseTag(text: string): readonly [key: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--tag is "${text}", but must be KEY=VALUE.`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function reasonOf(answer: Exclude<Answer, { kind: "accepted" }>): string {
  if (answer.kind === "unanswered") return `the server of the DSN cannot be reached${whyUnanswered(answer.cause)}`;
  const { status, detail, retryAfterMs } = answer;
  const wait = retryAfterMs === undefined ? "" : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  return `the server answered ${status}${detail === "" ? "" : ` (${detail})`}${wait}`;
}
