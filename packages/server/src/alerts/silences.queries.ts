/** Statements on `alert_issue_silences`, which this folder owns: issues whose alerts nobody is told of for a while. */
import type { Queryable } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";

interface IssueKey {
  readonly projectId: string;
  readonly issueId: string;
}

/** Until when, by the database's clock; null: no more. */
export async function setIssueSilence(
  tx: Transaction,
  { projectId, issueId }: IssueKey,
  minutes: number,
): Promise<Date | null> {
  if (minutes === 0) {
    await tx.query({
      name: "alert_issue_silences.delete",
      text: "delete from alert_issue_silences where project_id = $1 and issue_id = $2",
      values: [projectId, issueId],
    });
    return null;
  }
  const { rows } = await tx.query<{ silenced_until: Date }>({
    name: "alert_issue_silences.set",
    text: `
      insert into alert_issue_silences (project_id, issue_id, silenced_until)
      values ($1, $2, date_trunc('milliseconds', now()) + make_interval(mins => $3::integer))
      on conflict (project_id, issue_id) do update set silenced_until = excluded.silenced_until
      returning silenced_until`,
    values: [projectId, issueId, minutes],
  });
  return rows[0]?.silenced_until ?? null;
}

export async function findIssueSilence(database: Queryable, { projectId, issueId }: IssueKey): Promise<Date | null> {
  const { rows } = await database.query<{ silenced_until: Date }>({
    name: "alert_issue_silences.find",
    text: `
      select silenced_until from alert_issue_silences
      where project_id = $1 and issue_id = $2 and silenced_until > now()`,
    values: [projectId, issueId],
  });
  return rows[0]?.silenced_until ?? null;
}
