/** A list that somebody reads or points at does not move under them: rows keep their places, new ones wait. */
export function holdOrder<Row extends { readonly id: string }>(
  heldIds: readonly string[],
  rows: readonly Row[],
): { readonly shown: readonly Row[]; readonly waiting: number } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const shown = heldIds.flatMap((id) => byId.get(id) ?? []);
  // What was loaded below the held rows, by asking for more, is no surprise to anybody.
  const held = new Set(heldIds);
  const lastHeld = rows.findLastIndex(({ id }) => held.has(id));
  const fresh = rows.filter(({ id }) => !held.has(id));
  const below = rows.slice(lastHeld + 1);
  const waiting = fresh.length - below.length;
  return { shown: [...shown, ...below], waiting };
}
