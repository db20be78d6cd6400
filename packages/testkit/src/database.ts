import { randomUUID } from "node:crypto";
import { type Database, migrate, openDatabase } from "@mesher/server/testing";

/** Where `testDatabase` finds its PostgreSQL. Set by the global setup, or by you to try another one. */
export const URL_VARIABLE = "MESHER_TEST_DATABASE_URL";

/** A database of its own for one test or one file, dropped at the end of the block. */
export interface TestDatabase extends AsyncDisposable {
  readonly database: Database;
  readonly url: string;
}

export interface TestDatabaseOptions {
  readonly poolSize?: number;
  /** Without any table: for tests of migrations. */
  readonly empty?: boolean;
}

const TEMPLATE_NAME = "mesher_test_template";
const POOL_SIZE = 5;

/** Copies the migrated template. */
export async function testDatabase({
  poolSize = POOL_SIZE,
  empty = false,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const serverUrl = process.env[URL_VARIABLE];
  if (serverUrl === undefined) throw new Error(`${URL_VARIABLE} is not set: the tests run without their global setup`);

  const name = `test_${randomUUID().replaceAll("-", "")}`;
  const template = empty ? "template0" : TEMPLATE_NAME;
  await administrate(serverUrl, `create database ${name} template ${template} strategy file_copy`);
  const url = withDatabaseName(serverUrl, name);
  const database = openTestDatabase(url, poolSize);
  return {
    database,
    url,
    async [Symbol.asyncDispose]() {
      await database.close();
      await administrate(serverUrl, `drop database ${name} with (force)`);
    },
  };
}

/** Makes the database that all tests copy, anew. */
export async function createTemplate(serverUrl: string): Promise<void> {
  await dropTemplate(serverUrl);
  await administrate(serverUrl, `create database ${TEMPLATE_NAME} template template0`);
  await using template = openTestDatabase(withDatabaseName(serverUrl, TEMPLATE_NAME), 1);
  await migrate(template, () => undefined);
}

export async function dropTemplate(serverUrl: string): Promise<void> {
  await administrate(serverUrl, `drop database if exists ${TEMPLATE_NAME} with (force)`);
}

async function administrate(serverUrl: string, text: string): Promise<void> {
  await using server = openTestDatabase(serverUrl, 1);
  await server.query({ text });
}

function openTestDatabase(url: string, poolSize: number): Database {
  return openDatabase({ url, poolSize, applicationName: "mesher-test", log: () => undefined });
}

function withDatabaseName(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
