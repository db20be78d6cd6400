/** What a person sees first. Plain text on every terminal, whatever the format of the log. */
import type { RunningServer } from "./server.ts";

export function welcome({
  url,
  token,
  dsn,
  firstStart,
}: Pick<RunningServer, "url" | "token" | "dsn" | "firstStart">): string {
  return `
  Mesher is running.

    Pages   ${url}/#token=${token}
    DSN     ${dsn}   (project "${firstStart.defaultProject.slug}")

  Next    Put the DSN into any Sentry SDK, or see it live now, in a second terminal:  npm run demo
  Stop    Ctrl-C

`;
}
