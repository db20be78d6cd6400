import { randomInt, randomUUID } from "node:crypto";
import { parseNumberOption } from "../arguments.ts";
import { type Arguments, type Command, CommandError } from "../command.ts";
import { type Destination, DSN_OPTION, findDestination } from "../find-dsn.ts";
import { postEnvelope } from "../post-envelope.ts";
import { reasonOf, SERVER_NOTES, SERVER_OPTIONS } from "../server-access.ts";
import type { Terminal } from "../terminal.ts";
import { type Clock, systemClock } from "./clock.ts";
import { progressLine, summaryOf } from "./progress.ts";
import { Random } from "./random.ts";
import { BACKLOG_EVENTS, MixRefusedError, sendMix } from "./send-mix.ts";
import { envelopeOf, makeShopEvent } from "./shop-event.ts";
import { happenInShop, type Occurrence } from "./shop-stream.ts";
import { Tally } from "./tally.ts";

export const demoCommand: Command = {
  name: "demo",
  summary: "Sends the errors of a small fictional shop, so that there is something to see.",
  options: {
    dsn: DSN_OPTION,
    ...SERVER_OPTIONS,
    seconds: { value: "N", help: "How long; 0: until Ctrl-C. Default: 30." },
    rate: { value: "N", help: `Events per second, after ${BACKLOG_EVENTS} at once at the start. Default: 15.` },
    seed: { value: "N", help: "The same seed makes the same events, under new ids. Default: another each time." },
  },
  notes: `${SERVER_NOTES}
A project may send 1000 events a minute unless the server is set otherwise; above that it refuses some,
and the demo pauses as long as the server says.`,
  run: runDemo,
};

async function runDemo(given: Arguments, terminal: Terminal): Promise<number> {
  const seconds = parseNumberOption(given, "seconds", { fallback: 30, min: 0, max: SECONDS_MAX }) || Infinity;
  const ratePerSecond = parseNumberOption(given, "rate", { fallback: 15, min: 0.1, max: RATE_MAX });
  const seed = parseNumberOption(given, "seed", { fallback: randomInt(SEED_MAX), min: 0, max: SEED_MAX });
  const destination = await findDestination(given, terminal);

  const random = new Random(seed);
  const shop = happenInShop(random);
  const tally = new Tally();
  const interrupted = terminal.catchInterrupt();
  terminal.print(`Sending the errors of a small shop (seed ${seed}). Look at them: ${destination.pagesUrl}\n`);
  const stopShowing = showProgress(tally, seconds, terminal, systemClock);
  try {
    await sendMix(
      { ratePerSecond, seconds },
      {
        next: () => shop.next().value,
        post: (occurrence) => postOccurrence(occurrence, random, destination, systemClock),
        clock: systemClock,
        interrupted,
        tally,
      },
    );
  } catch (error) {
    throw error instanceof MixRefusedError ? toCommandError(error, destination) : error;
  } finally {
    stopShowing();
  }
  terminal.print(`\n${summaryOf(tally, destination.pagesUrl)}`);
  return tally.accepted > 0 ? 0 : 1;
}

const SECONDS_MAX = 86_400;
const RATE_MAX = 1000;
const SEED_MAX = 2 ** 32 - 1;
const PROGRESS_MS = 250;
/** Where nobody watches, each line stays. */
const PROGRESS_IN_LOGS_MS = 5000;

function postOccurrence(occurrence: Occurrence, random: Random, { dsn }: Destination, clock: Clock) {
  const { service } = occurrence;
  const nowMs = clock.nowMs();
  const event = makeShopEvent(occurrence, random, { eventId: randomUUID().replaceAll("-", ""), nowMs });
  const client = `${service.sdk.name}/${service.sdk.version}`;
  return postEnvelope(
    dsn,
    { client, ...service.wire },
    envelopeOf(service, event, { publicKey: dsn.publicKey, nowMs }),
  );
}

/** Shows how it goes until the returned function is called, which shows it a last time. */
function showProgress(tally: Tally, seconds: number, terminal: Terminal, clock: Clock): () => void {
  const { columns } = terminal;
  const startedMs = clock.nowMs();
  const show = () => {
    const nowMs = clock.nowMs();
    const line = progressLine(tally, { elapsedMs: nowMs - startedMs, nowMs, seconds });
    // A line that is wider than the window would wrap, and the next one could not take its place.
    terminal.print(columns === undefined ? `${line}\n` : `\r\x1b[2K${line.slice(0, columns - 1)}`);
  };
  const timer = setInterval(show, columns === undefined ? PROGRESS_IN_LOGS_MS : PROGRESS_MS);
  return () => {
    clearInterval(timer);
    show();
    if (columns !== undefined) terminal.print("\n");
  };
}

function toCommandError({ answer }: MixRefusedError, { dsn }: Destination): CommandError {
  const server = `${dsn.host}${dsn.port === undefined ? "" : `:${dsn.port}`}`;
  if (answer.kind === "unanswered") {
    return new CommandError(
      `No server answers at ${server}, where the DSN points${reasonOf(answer.cause)}. Start it with "npm start".`,
      {
        cause: answer.cause,
      },
    );
  }
  const detail = answer.detail === "" ? "" : ` (${answer.detail})`;
  return new CommandError(`${server} refuses the DSN: it answered ${answer.status}${detail}.`);
}
