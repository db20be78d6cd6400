/** Which issue an event belongs to, and why. */
export interface Grouping {
  /** The version of the rules that made it. Rules of one version never change. */
  readonly version: number;
  /** 32 lowercase hex digits: the same for two events exactly when they belong together. */
  readonly fingerprint: string;
  readonly strategy: GroupingStrategy;
  /** What went into the fingerprint, in order, for people to read. */
  readonly parts: readonly GroupingPart[];
}

export type GroupingStrategy =
  /** The client's own fingerprint, with no `{{ default }}` in it. */
  | "custom_fingerprint"
  /** The client's own fingerprint around the default one. */
  | "extended_fingerprint"
  | "in_app_frames"
  | "all_frames"
  | "exception"
  | "message"
  | "security_report"
  /** Nothing to go by: all such events of a platform are one issue. */
  | "fallback";

export interface GroupingPart {
  /** What kind of thing it is: `frame`, `exception type`, `message`, `fingerprint`, … */
  readonly kind: string;
  /** As it was hashed, after numbers, ids and the like were replaced. */
  readonly value: string;
}
