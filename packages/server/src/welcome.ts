/** What a person sees first. Plain text on every terminal, whatever the format of the log. */
import { type Config, SETTINGS } from "./config.ts";
import type { RunningServer } from "./server.ts";

type Shown = Pick<RunningServer, "port" | "url" | "token" | "dsn" | "firstStart" | "setupLink">;

export function welcome(
  { port, url, token, dsn, firstStart, setupLink }: Shown,
  { dataDir }: Pick<Config, "dataDir">,
): string {
  const owner = setupLink === undefined ? "" : `    Owner   ${setupLink}   (once, for whoever is to own this server)\n`;
  // Alone it looks for the server and its token where they are unless they were put elsewhere.
  const isFound = port === SETTINGS.httpPort.default && dataDir === SETTINGS.dataDir.default;
  const demo = isFound || dsn === "" ? "npm run demo" : `npm run demo -- --dsn ${dsn}`;
  return `
  Mesher is running.

    Pages   ${url}/#token=${token}
    DSN     ${dsn === "" ? "none: no key is valid" : dsn}   (project "${firstStart.defaultProject.slug}")
${owner}
  Next    Put the DSN into any Sentry SDK, or see it live now, in a second terminal:  ${demo}
  Stop    Ctrl-C

`;
}
