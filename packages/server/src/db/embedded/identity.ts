import { spawnSync } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EmbeddedUnavailableError } from "./binaries.ts";

/**
 * As whom PostgreSQL runs, which refuses to be root:
 *
 * - `self`: as this process, which is not root.
 * - `user`: root starts it as another OS user, who owns the files.
 * - `namespace`: root starts it in a user namespace in which root's own files look like `nobody`'s. For
 *   folders that another user could not reach, such as a clone below `/root`.
 */
export type Identity =
  | { readonly kind: "self" }
  | { readonly kind: "user"; readonly uid: number; readonly gid: number }
  | { readonly kind: "namespace" };

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/** `nobody` of every Linux. initdb wants a user that has a name. */
const NOBODY = 65534;

export interface IdentityQuestion {
  /** The folder with everything of the embedded database. */
  readonly homeDir: string;
  readonly program: string;
  /** Owner of the cluster's files, if there is a cluster already. */
  readonly owner: { readonly uid: number; readonly gid: number } | undefined;
}

/** Decides by the files that are there already, else by what the folders allow. */
export function chooseIdentity({ homeDir, program, owner }: IdentityQuestion): Identity {
  const self = process.getuid?.();
  if (self === undefined || self !== 0) {
    if (owner === undefined || self === undefined || owner.uid === self) return { kind: "self" };
    throw new EmbeddedUnavailableError(
      `The database in ${homeDir} belongs to user ${owner.uid}, and this is user ${self}. ` +
        `Start Mesher as that user, or: chown -R ${self} ${homeDir}`,
    );
  }

  const closedDir = findClosedDir(dirname(homeDir)) ?? findClosedDir(dirname(program));
  if (owner === undefined ? closedDir === undefined : owner.uid !== 0) {
    const { uid, gid } = owner ?? { uid: NOBODY, gid: NOBODY };
    if (closedDir === undefined) return { kind: "user", uid, gid };
    throw new EmbeddedUnavailableError(
      `The database in ${homeDir} belongs to user ${uid}, who cannot enter ${closedDir}. ` +
        `Either: chmod o+x ${closedDir}, or: chown -R root ${homeDir}`,
    );
  }

  const refusal = namespaceRefusal(program);
  if (refusal === undefined) return { kind: "namespace" };
  throw new EmbeddedUnavailableError(
    `PostgreSQL refuses to run as root, ${closedDir === undefined ? `the files in ${homeDir} are root's` : `other users cannot enter ${closedDir}`}, ` +
      `and user namespaces do not work here (${refusal}). ` +
      "Start Mesher as an ordinary user, use a MESHER_DATA_DIR (and a place of installation) that others can enter, or set DATABASE_URL.",
  );
}

/** How to start `file` with that identity. It replaces the process that starts it, so the pid is the program's own. */
export function commandAs(identity: Identity, file: string, args: readonly string[]): Command {
  if (identity.kind === "user") return { file, args, uid: identity.uid, gid: identity.gid };
  if (identity.kind === "namespace") return { file: "unshare", args: [...NAMESPACE_ARGS, "--", file, ...args] };
  return { file, args };
}

const NAMESPACE_ARGS = ["--user", `--map-user=${NOBODY}`, `--map-group=${NOBODY}`] as const;

const OTHERS_MAY_ENTER = 0o001;

/** The first folder on the way to `dir` (itself included) that other users may not enter. */
function findClosedDir(dir: string): string | undefined {
  for (let at = realpathSync(dir); ; at = dirname(at)) {
    if ((statSync(at).mode & OTHERS_MAY_ENTER) === 0) return at;
    if (at === dirname(at)) return undefined;
  }
}

const PROBE_TIMEOUT_MS = 10_000;

function namespaceRefusal(program: string): string | undefined {
  if (process.platform !== "linux") return `there are none on ${process.platform}`;
  const { error, status, stderr } = spawnSync("unshare", [...NAMESPACE_ARGS, "--", program, "--version"], {
    encoding: "utf8",
    timeout: PROBE_TIMEOUT_MS,
  });
  if (error !== undefined) return error.message;
  return status === 0 ? undefined : stderr.trim();
}
