/**
 * How much of an event its canonical form keeps. The payload is stored unaltered beside it, so a cut loses nothing.
 *
 * Lengths are in UTF-16 code units, as JavaScript counts characters. "relay" is Sentry's own ingest service
 * (`relay-event-schema`), "wire" the table of limits in the protocol documentation. Where ours is larger, it is
 * because the reader of an event has more use for the text than the database has for the room.
 */

/** relay: `max_chars = 8192` for messages and exception values. */
export const MESSAGE_LENGTH_MAX = 8_192;
/** wire: culprit and transaction 200. */
export const TRANSACTION_LENGTH_MAX = 200;
/** wire: later raised from 32. */
export const TAG_KEY_LENGTH_MAX = 200;
/** wire. */
export const TAG_VALUE_LENGTH_MAX = 200;
/** relay: releases end in a tag value. */
export const RELEASE_LENGTH_MAX = 200;
/** wire. */
export const ENVIRONMENT_LENGTH_MAX = 64;
/** relay: 64 as of the release parser. */
export const DIST_LENGTH_MAX = 64;
/** wire: 64, for the sake of a column. Loggers are named after classes, in .NET with all their namespaces. */
export const LOGGER_LENGTH_MAX = 200;
export const PLATFORM_LENGTH_MAX = 64;
/** relay: 256. */
export const SERVER_NAME_LENGTH_MAX = 256;
/** relay: 256 for symbols and paths. Names of C++ templates and of bundled files are longer and tell frames apart. */
export const SYMBOL_LENGTH_MAX = 2_048;
/** relay: 256. SDKs cut lines themselves, mostly at 140. */
export const CONTEXT_LINE_LENGTH_MAX = 1_024;
/** relay: email 75, id and name 128. */
export const USER_TEXT_LENGTH_MAX = 256;
/** Browsers stop at 2,083 to 8,192 characters, servers at about 8 KiB. */
export const URL_LENGTH_MAX = 8_192;
/** Servers refuse header lines beyond 8 KiB. */
export const HEADER_LENGTH_MAX = 8_192;
/** The name of a context or module. */
export const NAME_LENGTH_MAX = 200;
/** A text of any other known field. */
export const TEXT_LENGTH_MAX = 1_024;
/** relay does not cut fingerprints. Ours are hashed, so this only bounds what is shown. */
export const FINGERPRINT_PART_LENGTH_MAX = 8_192;

/** sentry keeps 100. Half of ours are the oldest, half the newest: where it began and where it failed. */
export const FRAMES_MAX = 250;
/** Lines of source before, and again after, the line that failed. SDKs send 5 to 7. */
export const CONTEXT_LINES_MAX = 50;
/** Chains of causes longer than this are loops. Half are the first, half the last. */
export const EXCEPTIONS_MAX = 50;
/** SDKs keep 100 by default; the newest stay. */
export const BREADCRUMBS_MAX = 100;
/** The crashed and the current thread stay in any case. */
export const THREADS_MAX = 256;
export const TAGS_MAX = 200;
export const CONTEXTS_MAX = 100;
/** An application with many dependencies has some 1,500. */
export const MODULES_MAX = 3_000;
export const FINGERPRINT_PARTS_MAX = 50;
/** Headers, cookies or query parameters. */
export const PAIRS_MAX = 200;
export const SDK_LIST_MAX = 200;

/** Levels of lists and maps within a value of free form. relay: 5 to 7. */
export const FREE_DEPTH_MAX = 10;

/** Characters as JSON that all values of free form of one kind may take together, per event. */
export const FREE_CHARACTERS_MAX = {
  /** relay: 256 KiB. */
  extra: 256 * 1024,
  contexts: 256 * 1024,
  /** Local variables of all frames. relay: 2 KiB per frame. */
  vars: 256 * 1024,
  breadcrumbs: 256 * 1024,
  /** sentry: HTTP body 16 KiB. */
  requestBody: 64 * 1024,
  /** Native crashes list some 500 images of 300 characters. */
  debugMeta: 512 * 1024,
  /** Attributes we do not know, wherever they stand. */
  other: 256 * 1024,
} as const;

/** So that a payload of nothing but faults does not leave more text than it brought. */
export const CUTS_MAX = 200;

/** relay: `MINIMUM_CLOCK_DRIFT`. Less is not corrected, since requests also wait in queues. */
export const CLOCK_DRIFT_MIN_MS = 55 * 60 * 1000;
/** relay: `max_secs_in_past`, unless the project keeps events for another time. */
export const EVENT_AGE_DAYS_MAX = 30;
/** relay: `max_secs_in_future`. */
export const EVENT_AHEAD_MS_MAX = 60 * 1000;

/** sentry: titles are cut for lists. */
export const TITLE_LENGTH_MAX = 200;
/** Lexemes of one event in the full-text index. */
export const LEXEMES_MAX = 400;
/** Lexemes of one text, so that a long message leaves room for the stack trace. */
export const LEXEMES_PER_TEXT_MAX = 120;
