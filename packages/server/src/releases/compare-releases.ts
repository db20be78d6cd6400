/** Which of two releases is the later one. Pure. */

/**
 * By semantic version where both are versions of one package (`shop@1.10.0` comes after `shop@1.9.3`, and `1.0.0-rc.1`
 * before `1.0.0`), else by when they were first seen. A release that was never seen is later than all that were: it is
 * still to come. Two that nothing tells apart are not later than each other.
 */
export function isLaterRelease(a: string, b: string, firstSeenMs: ReadonlyMap<string, number>): boolean {
  if (a === b) return false;
  const [versionA, versionB] = [parseVersion(a), parseVersion(b)];
  if (versionA !== undefined && versionB !== undefined && versionA.package === versionB.package) {
    return compareVersions(versionA, versionB) > 0;
  }
  const [seenA, seenB] = [firstSeenMs.get(a), firstSeenMs.get(b)];
  if (seenA === undefined) return seenB !== undefined;
  return seenB !== undefined && seenA > seenB;
}

interface Version {
  /** What stands before the `@`; empty when nothing does. */
  readonly package: string;
  readonly numbers: readonly bigint[];
  /** Empty for a release proper. */
  readonly prerelease: readonly string[];
}

const PARTS_MAX = 4;
const VERSION =
  /^(?:(?<package>.+)@)?v?(?<numbers>\d{1,18}(?:\.\d{1,18}){1,3})(?:-(?<pre>[0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/;

/** Two to four numbers, as SDKs' documentation has them; `undefined` for hashes, dates and other names. */
function parseVersion(release: string): Version | undefined {
  const groups = VERSION.exec(release)?.groups;
  if (groups?.numbers === undefined) return undefined;
  const numbers = groups.numbers.split(".").map(BigInt);
  while (numbers.length < PARTS_MAX) numbers.push(0n);
  return { package: groups.package ?? "", numbers, prerelease: groups.pre?.split(".") ?? [] };
}

function compareVersions(a: Version, b: Version): number {
  for (const [index, number] of a.numbers.entries()) {
    const other = b.numbers[index] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  return comparePrereleases(a.prerelease, b.prerelease);
}

/** Section 11 of semver.org: none is greater than any, numbers are less than words, more fields are greater than fewer. */
function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, field] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const order = compareFields(field, other);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareFields(a: string, b: string): number {
  const [isNumberA, isNumberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumberA !== isNumberB) return isNumberA ? -1 : 1;
  if (isNumberA) return BigInt(a) > BigInt(b) ? 1 : BigInt(a) < BigInt(b) ? -1 : 0;
  return a > b ? 1 : a < b ? -1 : 0;
}
