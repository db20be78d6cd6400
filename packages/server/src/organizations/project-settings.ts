import { INBOUND_FILTERS_DEFAULT, type InboundFilters, SCRUBBING_DEFAULT, type Scrubbing } from "@mesher/protocol";

/** What a project decides about its events; see `ApiProjectSettings`. */
export interface ProjectSettings {
  readonly retentionDays: number;
  readonly sampleRate: number;
  readonly rateLimitEvents: number | null;
  readonly allowedDomains: readonly string[];
  readonly defaultEnvironment: string | null;
  readonly filters: InboundFilters;
  readonly scrubbing: Scrubbing;
}

/** A change: what is absent stays, also within filters and scrubbing. */
export type SettingsChange = {
  readonly [Name in keyof ProjectSettings]?:
    | (ProjectSettings[Name] extends InboundFilters | Scrubbing
        ? Partial<ProjectSettings[Name]>
        : ProjectSettings[Name])
    | undefined;
};

/** Filters as they are stored, which may be from before one of them existed. */
export function filtersOf(stored: Partial<InboundFilters>): InboundFilters {
  return { ...INBOUND_FILTERS_DEFAULT, ...stored };
}

export function scrubbingOf(stored: Partial<Scrubbing>): Scrubbing {
  return { ...SCRUBBING_DEFAULT, ...stored };
}
