/**
 * Whether a moment that was noted by the database's clock lies further ahead than it can, in SQL: that clock was ahead once and is not
 * any more. Who believed it would wait for it to come again. `now`, `ahead`: in SQL, too.
 */
export const isAhead = (moment: string, now: string, ahead = "interval '1 minute'") => `${moment} > ${now} + ${ahead}`;
