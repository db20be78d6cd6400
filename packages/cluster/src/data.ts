/** What can be sent: exactly what JSON can say, so that it arrives as it was. */
export type Data = null | boolean | number | string | readonly Data[] | { readonly [key: string]: Data | undefined };

const DEPTH_MAX = 64;

/**
 * Says where and why the value is no data, or nothing if it is. Functions, handles, Dates, Maps, Buffers and numbers that are
 * not finite would arrive as something else or not at all.
 */
export function findNoData(value: unknown, path = "it", depth = 0): string | undefined {
  if (value === null || typeof value === "boolean" || typeof value === "string") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : `${path} is ${value}`;
  if (typeof value !== "object") return `${path} is of type ${typeof value}`;
  if (depth >= DEPTH_MAX) return `${path} is nested too deeply, or in itself`;
  if (Array.isArray(value)) return firstOf(value, (item, index) => findNoData(item, `${path}[${index}]`, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `${path} is a ${value.constructor.name}`;
  return firstOf(Object.entries(value), ([key, item]: [string, unknown]) =>
    item === undefined ? undefined : findNoData(item, `${path}.${key}`, depth + 1),
  );
}

function firstOf<T>(items: readonly T[], find: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = find(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
