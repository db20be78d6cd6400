/** Slugs: what stands for a project in addresses and commands. Pure. */

export const SLUG_LENGTH_MAX = 50;

/** Starts with a letter, so that no slug is taken for a project's number. */
const SLUG = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text can be a slug, and cannot be taken for a project's id or number. */
export function isSlug(text: string): boolean {
  return text.length <= SLUG_LENGTH_MAX && SLUG.test(text) && !UUID.test(text);
}

/** The slug that a name suggests. A name without any Latin letter or digit suggests `project`. */
export function slugOf(name: string): string {
  const words = name
    .normalize("NFKD")
    .replaceAll(/\p{Mark}/gu, "")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== "");
  const slug = shortenSlug(words.join("-"), SLUG_LENGTH_MAX);
  if (isSlug(slug)) return slug;
  return slug === "" ? "project" : shortenSlug(`project-${slug}`, SLUG_LENGTH_MAX);
}

/** The slug itself, or with the smallest number from 2 on behind it that makes it differ from all of `taken`. */
export function freeSlug(slug: string, taken: ReadonlySet<string>): string {
  if (!taken.has(slug)) return slug;
  for (let number = 2; ; number += 1) {
    const suffix = `-${number}`;
    const numbered = shortenSlug(slug, SLUG_LENGTH_MAX - suffix.length) + suffix;
    if (!taken.has(numbered)) return numbered;
  }
}

function shortenSlug(slug: string, lengthMax: number): string {
  return slug.slice(0, lengthMax).replace(/-+$/, "");
}
