import type { Breadcrumb } from "@mesher/protocol";

/** What a breadcrumb says in one line, and what of its data is not said by it. */
export interface BreadcrumbFacts {
  readonly kind: string;
  readonly text: string | undefined;
  readonly rest: readonly (readonly [string, unknown])[];
}

const SAID_BY: Readonly<Record<"http" | "navigation", readonly string[]>> = {
  http: ["method", "url", "status_code"],
  navigation: ["from", "to"],
};

export function breadcrumbFacts({ type, category, message, data = {} }: Breadcrumb): BreadcrumbFacts {
  const said = message === undefined || message === "" ? lineOf(data) : undefined;
  const names = said === undefined ? [] : SAID_BY[said.kind];
  return {
    kind: category ?? type ?? "breadcrumb",
    text: said?.text ?? message,
    rest: Object.entries(data).filter(([name]) => !names.includes(name)),
  };
}

/** `POST https://shop.example/pay: 502`, or `/cart → /pay`. */
function lineOf(data: Readonly<Record<string, unknown>>): { kind: "http" | "navigation"; text: string } | undefined {
  const { method, url, status_code: status, from, to } = data;
  if (typeof url === "string") {
    const code = typeof status === "number" || typeof status === "string" ? `: ${status}` : "";
    return { kind: "http", text: `${typeof method === "string" ? `${method} ` : ""}${url}${code}` };
  }
  if (typeof from === "string" && typeof to === "string") return { kind: "navigation", text: `${from} → ${to}` };
  return undefined;
}

/** Those that a reader wants to see: of these kinds and levels, with this text. Empty: of all. */
export interface BreadcrumbFilter {
  readonly kind: string;
  readonly level: string;
  readonly text: string;
}

export function matchesFilter(breadcrumb: Breadcrumb, { kind, level, text }: BreadcrumbFilter): boolean {
  const facts = breadcrumbFacts(breadcrumb);
  if (kind !== "" && facts.kind !== kind) return false;
  if (level !== "" && (breadcrumb.level ?? "info") !== level) return false;
  const all = `${facts.kind} ${facts.text ?? ""} ${JSON.stringify(breadcrumb.data ?? {})}`;
  return all.toLowerCase().includes(text.trim().toLowerCase());
}
