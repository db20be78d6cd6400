/** What tests outside this package need of the database. */
export { type Database, type Log, openDatabase, waitForDatabase } from "./db/database.ts";
export { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded/embedded.ts";
export { migrate } from "./db/migrate.ts";
