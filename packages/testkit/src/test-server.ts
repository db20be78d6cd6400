import { type TestDatabase, testDatabase } from "./database.ts";
import { ServerProcess } from "./server-process.ts";

export interface TestServer extends AsyncDisposable {
  readonly server: ServerProcess;
  readonly database: TestDatabase["database"];
}

/** A server alone, with a database of its own. */
export async function testServer(env: Readonly<Record<string, string>> = {}): Promise<TestServer> {
  await using started = new AsyncDisposableStack();
  const { database, url } = started.use(await testDatabase());
  const server = started.use(await ServerProcess.start({ databaseUrl: url, env }));
  const everything = started.move();
  return { server, database, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}
