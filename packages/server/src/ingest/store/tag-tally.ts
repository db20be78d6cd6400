/** How often each value of each key occurred. */
export type TagCounts = Map<string, Map<string, number>>;

export function countTag(counts: TagCounts, key: string, value: string): void {
  let values = counts.get(key);
  if (values === undefined) {
    values = new Map();
    counts.set(key, values);
  }
  values.set(value, (values.get(value) ?? 0) + 1);
}

/**
 * Counts of tags by whose they are. Maps within maps, so that no text of owner, key and value is made for every tag of
 * every event.
 */
export class TagTally<Owner extends object> {
  readonly #byName = new Map<string, { readonly owner: Owner; readonly counts: TagCounts }>();

  /** The counts of an owner, whose name no other has. */
  of(name: string, owner: Owner): TagCounts {
    const known = this.#byName.get(name);
    if (known !== undefined) return known.counts;
    const counts: TagCounts = new Map();
    this.#byName.set(name, { owner, counts });
    return counts;
  }

  list(): (Owner & { key: string; value: string; count: number })[] {
    return [...this.#byName.values()].flatMap(({ owner, counts }) =>
      [...counts].flatMap(([key, values]) => [...values].map(([value, count]) => ({ ...owner, key, value, count }))),
    );
  }
}
