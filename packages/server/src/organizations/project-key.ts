import type { AllowsPage } from "./allowed-domains.ts";

/** What a DSN's public key opens: a project, with the settings that decide whether its events are taken. */
export interface ProjectKey {
  readonly publicKey: string;
  readonly projectId: string;
  /** The numeric id in DSNs. */
  readonly projectNumber: number;
  readonly organizationId: string;
  /** Part of the events that is kept, 0…1. */
  readonly sampleRate: number;
  /** Events in a window, as the key or else its project says; absent: the server's default. */
  readonly rateLimitEvents?: number;
  /** Which pages may send with it; absent: all. */
  readonly allowsPage?: AllowsPage | undefined;
}

/** Finds an active key. Keys of revoked or unknown kind are `undefined`. */
export type FindProjectKey = (publicKey: string) => Promise<ProjectKey | undefined> | ProjectKey | undefined;
