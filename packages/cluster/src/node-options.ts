import type { MeshTuning } from "./mesh-options.ts";

/** Where a node tells what happens to it. The message begins with a noun. */
export interface ClusterLog {
  readonly info: (message: string, details?: object) => void;
  readonly warn: (message: string, details?: object) => void;
  readonly error: (message: string, details?: object) => void;
}

export interface NodeOptions {
  /** `name@host:port`. Absent or empty, or without a cookie: the node stands alone and opens no port. */
  readonly name?: string | undefined;
  /** At least 16 characters; or `new,old` while it is changed. */
  readonly cookie?: string | undefined;
  /** `name@host:port` and `dns:host:port`, with commas between them. */
  readonly peers?: string | undefined;
  /** `nats://[user:password@]host[:4222]` or `tls://…`, several with commas between them. Default: `mesh`. */
  readonly transport?: string | undefined;
  /** Address to listen on. Default: the host of the name if it is this machine only, else all addresses. */
  readonly bindHost?: string | undefined;
  /** Of the program, for people. */
  readonly version?: string;
  /** Nodes that differ in it are refused: the program raises it when its messages change. */
  readonly compatibility?: string;
  readonly tuning?: Partial<MeshTuning>;
  readonly log: ClusterLog;
}

const REASONS = {
  already_started: "runs in this process already",
  bind_failed: "cannot listen on its port",
  name_in_use: "has a name by which another node lives",
} as const;

/** A node that cannot start although its name and cookie are in order. */
export class NodeStartError extends Error {
  override readonly name = "NodeStartError";
  readonly reason: keyof typeof REASONS;

  constructor(node: string, reason: keyof typeof REASONS, options?: { cause: Error }) {
    super(`${node} ${REASONS[reason]}${options === undefined ? "" : `: ${options.cause.message}`}`, options);
    this.reason = reason;
  }
}
