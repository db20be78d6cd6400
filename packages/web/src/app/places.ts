/** Where one can go: what the navigation, the palette and the tabs of the settings list. */
import type { ApiRole } from "@mesher/protocol";
import type { Key } from "../ui/key-bindings.ts";

export const PROJECT_PLACES = [
  { to: "/projects/$slug", name: "Issues", key: "g i" },
  { to: "/projects/$slug/events", name: "Events", key: "g e" },
  { to: "/projects/$slug/dashboard", name: "Dashboard", key: "g d" },
  { to: "/projects/$slug/live", name: "Live", key: "g l" },
  { to: "/projects/$slug/alerts", name: "Alerts", key: "g a" },
  { to: "/projects/$slug/settings", name: "Settings", key: "g s" },
] as const satisfies readonly { to: string; name: string; key?: Key }[];

export const SERVER_PLACES = [
  { to: "/cluster", name: "Cluster", least: "admin" },
  { to: "/jobs", name: "Jobs", least: "admin" },
] as const satisfies readonly { to: string; name: string; least: ApiRole }[];

/** `tab`: its name where it does not stand below the organization's. */
export const ORGANIZATION_PLACES = [
  { to: "/settings/organization", name: "General", tab: "Organization", least: "member" },
  { to: "/settings/members", name: "Members", least: "member" },
  { to: "/settings/teams", name: "Teams", least: "member" },
  { to: "/settings/tokens", name: "Tokens", least: "member" },
  { to: "/settings/destinations", name: "Destinations", least: "member" },
  { to: "/settings/deliveries", name: "Deliveries", least: "member" },
  { to: "/settings/storage", name: "Storage", least: "admin" },
  { to: "/settings/audit", name: "Audit log", least: "admin" },
] as const satisfies readonly { to: string; name: string; tab?: string; least: ApiRole }[];

/** Of the person, in whatever organization. */
export const YOUR_PLACES = [
  { to: "/settings/account", name: "Account" },
  { to: "/settings/notifications", name: "Notifications" },
] as const satisfies readonly { to: string; name: string }[];
