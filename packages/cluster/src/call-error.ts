const REASONS = {
  not_connected: "is not connected",
  node_lost: "was lost while the answer was awaited",
  deadline: "did not answer in time",
  overloaded: "does not take what is sent to it",
  too_long: "would be sent more than a frame holds",
  not_data: "would be sent something that is no data",
  no_process: "has no such process",
  failed: "could not do it",
} as const;

export type CallErrorReason = keyof typeof REASONS;

/** Why a call to a node had no answer. `failed`: it had one, which is an error of who was called. */
export class CallError extends Error {
  override readonly name = "CallError";
  readonly node: string;
  readonly reason: CallErrorReason;

  constructor(node: string, reason: CallErrorReason, detail?: string, options?: ErrorOptions) {
    const subject = node === "" ? "this node" : node;
    super(`${subject} ${REASONS[reason]}${detail === undefined ? "" : `: ${detail}`}`, options);
    this.node = node;
    this.reason = reason;
  }
}
