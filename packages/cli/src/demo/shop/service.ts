import type { Exception, Level } from "@mesher/protocol";
import type { Wire } from "../../post-envelope.ts";

/** One program of the shop, and what goes wrong in it. Texts may hold names of `scene.ts`: `{{order}}`. */
export interface Service {
  readonly name: string;
  /** As SDKs spell it: `node`, `javascript`, `python`. */
  readonly platform: string;
  readonly sdk: Sdk;
  readonly wire: Omit<Wire, "client">;
  /** How the SDK writes times and lists of breadcrumbs. */
  readonly style: { readonly times: "seconds" | "iso"; readonly lists: "bare" | "values" };
  /** None for a browser, which has no name. */
  readonly hosts: readonly string[];
  /** Newest first. */
  readonly releases: readonly string[];
  /** An event has one of these. */
  readonly contexts: readonly Contexts[];
  /** What happens before something goes wrong; an event has many of them, in any order. */
  readonly breadcrumbs: readonly BreadcrumbTemplate[];
  readonly modules?: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

/** One thing that goes wrong: its events should become one issue. */
export interface Problem {
  /** Unique in its service. */
  readonly key: string;
  /** How often, relative to all problems of the shop. */
  readonly weight: number;
  readonly level: Level;
  readonly transaction: string;
  /** In the order SDKs send them: the cause first. */
  readonly exceptions?: readonly Exception[];
  /** Of events without exception: the text, or the text with its template as loggers have it. */
  readonly message?: string;
  readonly logentry?: { readonly message: string; readonly params: readonly string[]; readonly formatted: string };
  readonly logger?: string;
  readonly request?: RequestTemplate;
  readonly tags?: Readonly<Record<string, string>>;
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly fingerprint?: readonly string[];
  /** Nobody is logged in where this happens. */
  readonly hasNoUser?: true;
  /** Now and then it happens many times in a row. */
  readonly comesInBursts?: true;
}

export type Contexts = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Sdk {
  readonly name: string;
  readonly version: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  readonly integrations?: readonly string[];
}

export interface BreadcrumbTemplate {
  readonly category: string;
  readonly type?: string;
  readonly level?: Level;
  readonly message?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export interface RequestTemplate {
  readonly method: string;
  readonly url: string;
  readonly query_string?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly data?: unknown;
}
