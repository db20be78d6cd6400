import type { TagCount, TagOwner } from "../../dashboards/tags.queries.ts";

interface GrowingCount extends TagCount {
  count: number;
}

/**
 * Counts of tags by whose they are. Maps within maps, so that no text of owner, key and value is made for every tag of
 * every event.
 */
export class TagTally {
  /** Each value of an owner's key once. */
  readonly counts: GrowingCount[] = [];
  readonly #byOwner = new Map<string, OwnerTally>();

  /** Where the tags of an owner are counted. `name`: no other owner has it. */
  of(name: string, owner: TagOwner): OwnerTally {
    const known = this.#byOwner.get(name);
    if (known !== undefined) return known;
    const tally = new OwnerTally(owner, this.counts);
    this.#byOwner.set(name, tally);
    return tally;
  }
}

/** Counts the tags of one owner. */
export class OwnerTally {
  readonly #owner: TagOwner;
  readonly #counts: GrowingCount[];
  readonly #byKey = new Map<string, Map<string, GrowingCount>>();

  constructor(owner: TagOwner, counts: GrowingCount[]) {
    this.#owner = owner;
    this.#counts = counts;
  }

  add(key: string, value: string): void {
    const values = this.#valuesOf(key);
    const known = values.get(value);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const count = { owner: this.#owner, key, value, count: 1 };
    values.set(value, count);
    this.#counts.push(count);
  }

  #valuesOf(key: string): Map<string, GrowingCount> {
    let values = this.#byKey.get(key);
    if (values === undefined) {
      values = new Map();
      this.#byKey.set(key, values);
    }
    return values;
  }
}
