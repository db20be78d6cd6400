import type { Database } from "../db/database.ts";
import { removeOldDeliveries } from "../deliveries/delivery-list.queries.ts";
import { removeOldAudit } from "../organizations/audit.queries.ts";
import { removeOldRequests } from "../organizations/idempotent-requests.queries.ts";
import { removeOldInvitations } from "../organizations/invitations.queries.ts";
import { removeExpired } from "../people/users.queries.ts";
import type { LeaseJob } from "./job.ts";

const EVERY_MS = 3_600_000;
const RETRY_MS = 60_000;

/**
 * Removes logins, links and kept answers that are over, and what the audit log and the list of deliveries need not keep. Bears to be
 * done twice, so no write needs the lease.
 */
export function leftoversJob(database: Database): LeaseJob {
  return {
    kind: "lease",
    name: "leftovers",
    title: "Leftovers",
    about: "Removes expired logins, links and invitations, and old lines of the audit log and of deliveries.",
    everyMs: EVERY_MS,
    retryMs: RETRY_MS,
    run: async () => {
      await removeExpired(database);
      await removeOldInvitations(database);
      return {
        audit_rows_deleted: await removeOldAudit(database),
        deliveries_deleted: await removeOldDeliveries(database),
        kept_answers_deleted: await removeOldRequests(database),
      };
    },
  };
}
