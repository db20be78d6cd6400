import type { IncomingHttpHeaders, ServerResponse } from "node:http";
import type { ApiCluster, ApiJob } from "@mesher/protocol";
import type { FastifyInstance } from "fastify";
import type { AlertTelling } from "../alerts/new-alert.ts";
import type { Database } from "../db/database.ts";
import type { DeliveryKeys } from "../deliveries/send-message.ts";
import type { IssueChange } from "../issues/issue-change.ts";
import type { Project } from "../organizations/organizations.queries.ts";
import type { Auth } from "../people/auth.ts";
import type { UpgradeRefusal } from "../runtime/web-sockets/refuse-upgrade.ts";
import type { Authentication } from "./authenticate.ts";

/** What the routes need from outside. */
export interface ApiDependencies extends Authentication {
  readonly database: Database;
  readonly auth: Auth;
  /** Encrypts what is kept of answers for a while. */
  readonly sealingSecret: string;
  /** As settings have it; absent: the server is reached by whatever name it is asked. */
  readonly publicUrl: string | undefined;
  /** A one-time link for people. */
  readonly linkOf: (kind: "join" | "reset", token: string) => string;
  /** How SDKs address a project by one of its keys. */
  readonly dsnOf: (project: Pick<Project, "number" | "publicKey">) => string;
  /** Lets every node know that a project's keys or settings are not what they were. When it resolves, this one does. */
  readonly projectChanged: (projectId: string) => Promise<void>;
  readonly now: () => number;
  /** Hears of every change of an issue, after it is committed. */
  readonly onIssueChanged: (change: IssueChange) => void;
  /** Hears of an alert that was fired on purpose, after it is committed. */
  readonly onAlertFired: (alert: AlertTelling) => void;
  /** Sends quarantined entries on their way again; how many. */
  readonly retryQuarantined: (projectId: string) => Promise<number>;
  /** Answers with the live feed of a project, or gives back why not. */
  readonly openEventStream: (request: EventStreamRequest) => Promise<UpgradeRefusal | undefined>;
  readonly deliveries: DeliveryFacts;
  readonly cluster: () => ApiCluster;
  /** What runs by the clock, with how it went last. */
  readonly jobs: () => Promise<readonly ApiJob[]>;
  /** Of the disk of the data directory. */
  readonly diskSpace: () => Promise<{ readonly free_bytes: number; readonly total_bytes: number }>;
  readonly readiness: () => Readiness;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** What routes have to know of how messages travel. */
export interface DeliveryFacts {
  readonly keys: DeliveryKeys;
  /** The operator has named an SMTP server. */
  readonly isMailSetUp: boolean;
}

/** Someone who may listen to the projects of an organization. */
export interface StreamViewer {
  readonly organizationId: string;
  /** Whose connections are counted together. */
  readonly holder: string;
  readonly mayStay: () => Promise<boolean>;
}

export interface EventStreamRequest {
  readonly viewer: StreamViewer;
  readonly projectId: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
}

export interface Readiness {
  /** Events can be accepted. */
  readonly ready: boolean;
  readonly database: "reachable" | "away";
  readonly journal: { readonly waiting: number; readonly bytes: number; readonly bytes_max: number };
}

export type App = FastifyInstance;
