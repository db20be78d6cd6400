/** Limits of rules and of what evaluating them reads. */

export const WINDOW_MINUTES_MAX = 1_440;
export const COOLDOWN_MINUTES_MAX = 10_080;
export const COOLDOWN_MINUTES_DEFAULT = 60;
export const THRESHOLD_MAX = 1_000_000_000;
export const PERCENT_MAX = 1_000_000;
export const EVENTS_MIN_DEFAULT = 10;

/**
 * Events that a rule reads at most, where no count answers it: its filters name a tag or words, or it is about the events of
 * one issue. Its threshold is less, so that what was not read changes nothing.
 */
export const EVENTS_READ_MAX = 10_000;
export const READ_THRESHOLD_MAX = EVENTS_READ_MAX - 1;

/** A month. */
export const SILENCE_MINUTES_MAX = 43_200;
