/**
 * A program that uses a stock Sentry SDK for Node and prints each event it sends, a line of JSON each.
 * Arguments: the SDK's package name, and one of `SCENARIOS`.
 */
import { writeSync } from "node:fs";
import type * as Sentry from "@sentry/node";

type Sdk = typeof Sentry;

const SCENARIOS: Readonly<Record<string, (sentry: Sdk) => void | Promise<void>>> = {
  "exception with everything": (sentry) => {
    sentry.setUser({ id: "42", email: "jane@example.com", username: "jane", ip_address: "203.0.113.7" });
    sentry.setTags({ shop: "north", "payment.attempt": 3 });
    sentry.setContext("cart", { items: 2, total: { amount: 19.9, currency: "EUR" } });
    sentry.setExtra("order", { id: 1001, lines: ["apple", "pear"] });
    sentry.addBreadcrumb({ category: "cart", message: "Cart opened", level: "info" });
    sentry.addBreadcrumb({ type: "http", category: "http", data: { url: "https://pay.example/", status_code: 503 } });
    sentry.addBreadcrumb({ category: "retry", message: "Trying again", level: "warning" });
    try {
      placeOrder();
    } catch (error) {
      sentry.captureException(error);
    }
  },

  "unhandled error": () => {
    setTimeout(() => chargeCard(), 1);
    // The SDK ends the process; nothing else would for as long as this test may take.
    setTimeout(() => undefined, 60_000);
  },

  "unhandled rejection": () => {
    void Promise.resolve().then(() => chargeCard());
  },

  message: (sentry) => {
    sentry.captureMessage("Stock of pears is low", "warning");
  },

  fingerprint: (sentry) => {
    sentry.captureException(new Error("Disk is full"), { fingerprint: ["disk", "full"] });
    sentry.captureMessage("No room is left on the device", { fingerprint: ["disk", "full"] });
  },

  "large event": (sentry) => {
    const rows = Array.from(
      { length: 1_000 },
      (_, row) => `row ${row} of the file has ${(row * 7919) % 104_729} pears`,
    );
    sentry.captureException(new Error("Import failed"), { extra: { rows } });
  },

  "same bug twice": (sentry) => {
    for (const line of ["17;pears;three", "4031;apples;a dozen"]) {
      try {
        parseLine(line);
      } catch (error) {
        sentry.captureException(error);
      }
    }
  },

  "three messages": async (sentry) => {
    for (const message of ["First", "Second", "Third"]) {
      sentry.captureMessage(message);
      await sentry.flush();
    }
  },
};

function placeOrder(): void {
  try {
    chargeCard();
  } catch (error) {
    throw new TypeError("Order 1001 cannot be placed", { cause: error });
  }
}

function chargeCard(): never {
  throw new RangeError("Card is declined");
}

function parseLine(line: string): number {
  const [number, , amount] = line.split(";");
  if (Number.isNaN(Number(amount))) throw new SyntaxError(`Line ${number}: ${amount} is no amount`);
  return Number(amount);
}

const [packageName = "", scenario = ""] = process.argv.slice(2);
const run = SCENARIOS[scenario];
if (run === undefined) throw new Error(`there is no scenario "${scenario}"`);

const sdk = (await import(packageName)) as Sdk;
const client = sdk.init({ release: "shop@1.2.3", environment: "staging", serverName: "shelf-1" });
client?.on("beforeEnvelope", (envelope) => {
  for (const [header, payload] of envelope[1]) {
    if (header.type === "event") writeSync(1, `${JSON.stringify(payload)}\n`);
  }
});
await run(sdk);
