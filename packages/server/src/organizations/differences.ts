import { isDeepStrictEqual } from "node:util";

/** What a change has changed, for the audit log: of each such field what it was and is. */
export function differencesOf<T extends object>(
  before: T,
  after: Partial<T>,
): Record<string, { readonly from: unknown; readonly to: unknown }> {
  const changed = Object.entries(after).filter(([name, to]) => !isDeepStrictEqual(before[name as keyof T], to));
  return Object.fromEntries(changed.map(([name, to]) => [name, { from: before[name as keyof T], to }]));
}
