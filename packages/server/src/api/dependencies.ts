import type { ApiCluster } from "@mesher/protocol";
import type { FastifyInstance } from "fastify";
import type { Database } from "../db/database.ts";
import type { Actor } from "../organizations/access.ts";
import type { Project } from "../organizations/organizations.queries.ts";
import type { Credentials } from "./authenticate.ts";

/** What the routes need from outside. */
export interface ApiDependencies {
  readonly database: Database;
  /** Who makes this request; throws a refusal when nobody who may. */
  readonly authenticate: (request: Credentials) => Promise<Actor>;
  readonly dsnOf: (project: Project) => string;
  readonly now: () => number;
  /** Sends quarantined entries on their way again; how many. */
  readonly retryQuarantined: (projectId: string) => Promise<number>;
  readonly cluster: () => ApiCluster;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface Readiness {
  /** Events can be accepted. */
  readonly ready: boolean;
  readonly database: "reachable" | "away";
  readonly journal: { readonly waiting: number; readonly bytes: number; readonly bytes_max: number };
}

export type App = FastifyInstance;
