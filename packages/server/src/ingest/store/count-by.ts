/** How many elements there are of each kind; a kind is an object of strings and numbers. */
export function countBy<T, Kind extends Readonly<Record<string, string | number>>>(
  elements: readonly T[],
  kindOf: (element: T) => Kind,
): (Kind & { count: number })[] {
  const counts = new Map<string, Kind & { count: number }>();
  for (const element of elements) {
    const kind = kindOf(element);
    const key = Object.values(kind).join("\u0000");
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, { ...kind, count: 1 });
    else counted.count += 1;
  }
  return [...counts.values()];
}
