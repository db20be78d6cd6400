import type { ApiProjectSettings } from "@mesher/protocol";

export const PROJECT_TABS = {
  general: "General",
  keys: "Keys",
  filters: "Inbound filters",
  privacy: "Privacy",
  storage: "Retention and storage",
} as const;
export type ProjectTab = keyof typeof PROJECT_TABS;

export interface ProjectSettingsSearch {
  readonly tab?: ProjectTab | undefined;
}

export function parseProjectSettingsSearch(search: Record<string, unknown>): ProjectSettingsSearch {
  return { tab: (Object.keys(PROJECT_TABS) as ProjectTab[]).find((tab) => tab === search["tab"]) };
}

/** What every tab is given. */
export interface ProjectSettingsProps {
  readonly projectSlug: string;
  readonly settings: ApiProjectSettings;
  readonly mayChange: boolean;
}
