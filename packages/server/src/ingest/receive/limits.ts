/** What one node takes, per request and in all. */
export interface ReceiveLimits {
  /** Bytes of a request's body as they come over the wire. */
  readonly wireBytesMax: number;
  /** Bytes of an envelope once it is inflated. */
  readonly inflatedBytesMax: number;
  /** Bytes of one event's JSON, and of one native event. */
  readonly eventBytesMax: number;
  /** Bytes of a native bulk body once it is inflated. */
  readonly bulkBytesMax: number;
  readonly bulkEventsMax: number;
  /** Bytes, received and inflated, of all requests that are under way. */
  readonly inFlightBytesMax: number;
  /** How long a client may take to send a body. */
  readonly bodyTimeoutMs: number;
}

const KIB = 1024;
export const MIB = 1024 * KIB;

/** https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits; inflated size as relay's default. */
export const RECEIVE_LIMITS: ReceiveLimits = {
  wireBytesMax: 20 * MIB,
  inflatedBytesMax: 100 * MIB,
  eventBytesMax: MIB,
  bulkBytesMax: 5 * MIB,
  bulkEventsMax: 100,
  inFlightBytesMax: 128 * MIB,
  bodyTimeoutMs: 30_000,
};

export const CLIENT_REPORT_BYTES_MAX = 4 * KIB;
export const SECURITY_REPORTS_MAX = 100;
/** When a client shall come back after `overloaded`. */
export const OVERLOAD_RETRY_SECONDS = 10;
/** Of a refused body that is read to its end, so that the client gets to read the answer. Then the socket is closed. */
export const DISCARD_BYTES_MAX = 64 * MIB;
export const DISCARD_TIMEOUT_MS = 10_000;
