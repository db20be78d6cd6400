import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

/** A program that uses a stock SDK. */
export const NODE_CLIENT = fileURLToPath(new URL("./clients/node-sdk.ts", import.meta.url));

export type SentEvent = Readonly<Record<string, unknown>> & { readonly event_id: string };

export interface NodeClientRun {
  readonly exitCode: number;
  /** As the SDK has put them into envelopes. */
  readonly sent: readonly SentEvent[];
}

/** Runs one of the client's scenarios to its end. */
export function runNodeClient(dsn: string, packageName: string, scenario: string): Promise<NodeClientRun> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env["PATH"] ?? "", SENTRY_DSN: dsn };
    execFile(process.execPath, [NODE_CLIENT, packageName, scenario], { env }, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : Number(error.code);
      const sent = stdout
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as SentEvent);
      if (sent.length > 0) resolve({ exitCode, sent });
      else reject(new Error(`the client sent nothing:\n${stderr}`, { cause: error }));
    });
  });
}
