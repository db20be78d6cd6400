/** What a person sees first. Plain text on every terminal, whatever the format of the log. */
import type { RunningServer } from "./server.ts";

export function welcome({
  url,
  token,
  dsn,
  firstStart,
  setupLink,
}: Pick<RunningServer, "url" | "token" | "dsn" | "firstStart" | "setupLink">): string {
  const owner = setupLink === undefined ? "" : `    Owner   ${setupLink}   (once, for whoever is to own this server)\n`;
  return `
  Mesher is running.

    Pages   ${url}/#token=${token}
    DSN     ${dsn === "" ? "none: no key is valid" : dsn}   (project "${firstStart.defaultProject.slug}")
${owner}
  Next    Put the DSN into any Sentry SDK, or see it live now, in a second terminal:  npm run demo
  Stop    Ctrl-C

`;
}
