/** A row that moved up while the pages below it were read is on two of them; the upper one is right. */
export function uniqueById<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter(({ id }) => !seen.has(id) && seen.add(id));
}
