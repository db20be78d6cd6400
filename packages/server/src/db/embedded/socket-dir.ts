import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DATABASE_NAME } from "./cluster.ts";
import type { Identity } from "./identity.ts";
import { SOCKET_PORT } from "./settings.ts";

/** Operating systems allow 104 to 108 bytes for a socket's path. */
const SOCKET_PATH_BYTES_MAX = 100;

/** The private folder for the socket: within `homeDir`, or a temporary one where that path cannot be one of a socket. */
export function makeSocketDir(homeDir: string, identity: Identity): string {
  const ownDir = join(homeDir, "socket");
  // PostgreSQL takes a list of folders, with commas between them.
  const fits = Buffer.byteLength(socketPath(ownDir)) <= SOCKET_PATH_BYTES_MAX && !ownDir.includes(",");
  const socketDir = fits ? ownDir : mkdtempSync(join(tmpdir(), "mesher-"));
  mkdirSync(socketDir, { recursive: true, mode: 0o700 });
  chmodSync(socketDir, 0o700);
  if (identity.kind === "user") chownSync(socketDir, identity.uid, identity.gid);
  return socketDir;
}

export function removeSocketDir(socketDir: string): void {
  rmSync(socketDir, { recursive: true, force: true });
}

/** As PostgreSQL names it. */
function socketPath(socketDir: string): string {
  return join(socketDir, `.s.PGSQL.${SOCKET_PORT}`);
}

/** A `DATABASE_URL` for the server that listens there. (`localhost` is only for what parses URLs; the parameter decides.) */
export function socketUrl(socketDir: string, database: string = DATABASE_NAME): string {
  return `postgresql://${DATABASE_NAME}@localhost/${database}?host=${encodeURIComponent(socketDir)}&port=${SOCKET_PORT}`;
}
