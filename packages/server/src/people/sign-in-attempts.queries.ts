/** How often somebody tried the password of one e-mail address, whatever address of the network they come from. */
import { createHash } from "node:crypto";
import type { Queryable } from "../db/database.ts";

const ATTEMPTS_MAX = 10;
const WINDOW_SECONDS = 900;

/** Counted before the password is looked at, in one statement: guesses made at once are all counted. */
export async function countSignInAttempt(
  database: Queryable,
  email: string,
): Promise<{ readonly isAllowed: boolean; readonly retryAfterSeconds: number }> {
  const { rows } = await database.query<{ count: number; retry_after: number }>({
    name: "sign_in_attempts.count",
    text: `
      insert into sign_in_attempts as a (email_sha256, count, window_started_at) values ($1, 1, now())
      on conflict (email_sha256) do update set
        count = case when a.window_started_at <= now() - make_interval(secs => $2) then 1 else least(a.count + 1, 1000000) end,
        window_started_at =
          case when a.window_started_at <= now() - make_interval(secs => $2) then now() else a.window_started_at end
      returning count,
        ceil(extract(epoch from window_started_at + make_interval(secs => $2) - now()))::int as retry_after`,
    values: [keyOf(email), WINDOW_SECONDS],
  });
  const row = rows[0];
  if (row === undefined) throw new Error("an attempt was not counted");
  return { isAllowed: row.count <= ATTEMPTS_MAX, retryAfterSeconds: Math.max(1, row.retry_after) };
}

/** After the right password. */
export async function clearSignInAttempts(database: Queryable, email: string): Promise<void> {
  await database.query({
    name: "sign_in_attempts.clear",
    text: "delete from sign_in_attempts where email_sha256 = $1",
    values: [keyOf(email)],
  });
}

function keyOf(email: string): Buffer {
  return createHash("sha256").update(email.trim().toLowerCase()).digest();
}
