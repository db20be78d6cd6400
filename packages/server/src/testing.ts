/** What tests and scripts outside this package need of it. */
export { describeOwnApi } from "./api/describe-own-api.ts";
export type { ApiDescription } from "./api/openapi/document.ts";
export { type Database, type Log, openDatabase, waitForDatabase } from "./db/database.ts";
export { lockDirectory } from "./db/directory-lock.ts";
export { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded/embedded.ts";
export { migrate } from "./db/migrate.ts";
export { interruption } from "./runtime/interruption.ts";
