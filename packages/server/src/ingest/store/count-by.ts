/** How many elements there are of each kind; `nameOf` gives each kind a name of its own, which is asked of every element. */
export function countBy<T, Kind extends object>(
  elements: readonly T[],
  nameOf: (element: T) => string,
  kindOf: (element: T) => Kind,
): (Kind & { count: number })[] {
  const counts = new Map<string, Kind & { count: number }>();
  for (const element of elements) {
    const name = nameOf(element);
    const counted = counts.get(name);
    if (counted === undefined) counts.set(name, { ...kindOf(element), count: 1 });
    else counted.count += 1;
  }
  return [...counts.values()];
}
