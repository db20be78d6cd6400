import type { ScrubRule } from "./api-project-settings.ts";

/**
 * An event in its canonical form: what every reader inside Mesher may rely on.
 *
 * The keys are spelled as Sentry SDKs spell them, so a canonical event is itself a valid event of the wire
 * and normalizing it again changes nothing. Times are ISO 8601 in UTC with milliseconds.
 * Absent means: the SDK did not send it, or sent something unusable (then a `Cut` says so).
 */
export interface Event {
  /** 32 lowercase hex digits. */
  readonly event_id: string;
  readonly timestamp: string;
  readonly platform: string;
  readonly level: Level;
  readonly logger?: string;
  readonly logentry?: LogEntry;
  /** What the program was doing: a route, a task, a screen. */
  readonly transaction?: string;
  readonly server_name?: string;
  readonly release?: string;
  readonly dist?: string;
  readonly environment?: string;
  /** In the order SDKs send them: the cause first, what was finally thrown last. */
  readonly exception?: { readonly values: readonly Exception[] };
  readonly threads?: { readonly values: readonly Thread[] };
  /** A stack trace that belongs to no exception and no thread. */
  readonly stacktrace?: Stacktrace;
  /** Oldest first. */
  readonly breadcrumbs?: { readonly values: readonly Breadcrumb[] };
  readonly request?: Request;
  readonly user?: User;
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly modules?: Readonly<Record<string, string>>;
  readonly debug_meta?: Readonly<Record<string, unknown>>;
  readonly sdk?: Sdk;
  /** As the client asked for it; may contain `{{ default }}` and other variables. */
  readonly fingerprint?: readonly string[];
  readonly csp?: SecurityReport;
  readonly hpkp?: SecurityReport;
  readonly expectct?: SecurityReport;
  readonly expectstaple?: SecurityReport;
  readonly nel?: SecurityReport;
  /** Whatever else the payload held at its top level, under its own keys. */
  readonly [other: string]: unknown;
}

export const LEVELS = ["fatal", "error", "warning", "info", "debug"] as const;
export type Level = (typeof LEVELS)[number];

export interface LogEntry {
  /** The template, with its placeholders, when the SDK knows it. */
  readonly message?: string;
  /** The text a person reads. */
  readonly formatted?: string;
  readonly params?: readonly unknown[] | Readonly<Record<string, unknown>>;
}

export interface Exception {
  readonly type?: string;
  readonly value?: string;
  readonly module?: string;
  readonly mechanism?: Mechanism;
  readonly stacktrace?: Stacktrace;
  readonly thread_id?: string | number;
  readonly [other: string]: unknown;
}

export interface Mechanism {
  readonly type: string;
  readonly handled?: boolean;
  readonly synthetic?: boolean;
  readonly description?: string;
  readonly help_link?: string;
  readonly exception_id?: number;
  readonly parent_id?: number;
  readonly source?: string;
  readonly is_exception_group?: boolean;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly meta?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface Stacktrace {
  /** Oldest call first: the place that failed is the last frame. */
  readonly frames: readonly Frame[];
  readonly registers?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface Frame {
  readonly function?: string;
  readonly raw_function?: string;
  readonly symbol?: string;
  readonly module?: string;
  readonly package?: string;
  readonly filename?: string;
  readonly abs_path?: string;
  readonly lineno?: number;
  readonly colno?: number;
  readonly context_line?: string;
  readonly pre_context?: readonly string[];
  readonly post_context?: readonly string[];
  readonly in_app?: boolean;
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly platform?: string;
  readonly instruction_addr?: string;
  readonly symbol_addr?: string;
  readonly image_addr?: string;
  readonly [other: string]: unknown;
}

export interface Thread {
  readonly id?: string | number;
  readonly name?: string;
  readonly crashed?: boolean;
  readonly current?: boolean;
  readonly main?: boolean;
  readonly state?: string;
  readonly stacktrace?: Stacktrace;
  readonly [other: string]: unknown;
}

export interface Breadcrumb {
  readonly timestamp?: string;
  readonly type?: string;
  readonly category?: string;
  readonly level?: Level | "critical" | "log";
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface Request {
  readonly url?: string;
  readonly method?: string;
  readonly query_string?: string | readonly (readonly [string, string])[];
  readonly data?: unknown;
  readonly cookies?: string | readonly (readonly [string, string])[];
  readonly headers?: readonly (readonly [string, string])[];
  readonly env?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface User {
  readonly id?: string;
  readonly username?: string;
  readonly email?: string;
  readonly ip_address?: string;
  readonly name?: string;
  readonly geo?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly [other: string]: unknown;
}

export interface Sdk {
  readonly name?: string;
  readonly version?: string;
  readonly integrations?: readonly string[];
  readonly packages?: readonly { readonly name: string; readonly version: string }[];
  readonly [other: string]: unknown;
}

/** A browser's report, with its own keys (`document-uri` becomes `document_uri`). */
export type SecurityReport = Readonly<Record<string, unknown>>;

/** One place where the canonical event says less than, or something other than, what was sent. */
export interface Cut {
  /** Keys joined by dots, indexes as numbers: `exception.values.0.value`. */
  readonly path: string;
  readonly reason: CutReason;
  /** Characters of a text, or elements of a list or map, before the cut. */
  readonly originalLength?: number;
  /** Of what was scrubbed: why. */
  readonly rule?: ScrubRule;
}

export type CutReason =
  /** A text was longer than its limit. */
  | "too_long"
  /** A list or map had more elements than its limit. */
  | "too_many"
  /** Nested deeper than its limit. */
  | "too_deep"
  /** Not of the type it must have; what could not be converted is left out. */
  | "invalid"
  /** The sender's clock was wrong; the time was corrected or replaced. */
  | "clock_drift"
  | "past_timestamp"
  | "future_timestamp"
  /** Taken out before the event was stored: `rule` says why. */
  | "scrubbed";
