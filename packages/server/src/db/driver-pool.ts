import { connectionFault, type Database } from "./database.ts";

/** The database's connections as a library sees `pg`'s own pool: as much of it as query builders use. */
export interface DriverPool {
  connect(): Promise<DriverClient>;
  /** The pool is the database's, who closes it: this does nothing. */
  end(): Promise<void>;
}

export interface DriverClient {
  query(text: string, values: readonly unknown[]): Promise<unknown>;
  release(discard?: boolean | Error): void;
}

/** For libraries that bring their own statements. They share the database's connections, limits and timeouts. */
export function driverPoolOf(database: Database): DriverPool {
  return {
    connect: async () => {
      const { client, release } = await database.acquire();
      let fault: Error | undefined;
      return {
        query: async (text, values) => {
          try {
            return await client.query(text, [...values]);
          } catch (error) {
            fault ??= connectionFault(error);
            throw error;
          }
        },
        release: (discard) => {
          if (discard !== undefined && discard !== false)
            fault ??= new Error("discarded by its user", { cause: discard });
          release(fault);
        },
      };
    },
    end: async () => undefined,
  };
}
