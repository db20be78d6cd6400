/** Platforms whose stack traces look alike and whose frames follow the same rules. */
export type Family = "native" | "javascript" | "other";

const FAMILIES: ReadonlyMap<string, Family> = new Map([
  ["native", "native"],
  ["c", "native"],
  ["cocoa", "native"],
  ["objc", "native"],
  ["swift", "native"],
  ["javascript", "javascript"],
  ["node", "javascript"],
]);

export function familyOf(platform: string): Family {
  return FAMILIES.get(platform) ?? "other";
}
