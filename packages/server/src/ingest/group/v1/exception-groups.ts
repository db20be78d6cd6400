import { evidenceKey, type WeighedException } from "./weighed-exception.ts";

/**
 * Finds the exceptions that matter in a tree of exception groups (Python's `ExceptionGroup`, .NET's
 * `AggregateException`, JavaScript's `AggregateError`).
 *
 * The real exceptions are the first ones below the root that are not groups themselves. When they all say the same,
 * the groups around them are dropped, and its first chain of causes stands alone; else one of each counts, and the
 * root. A tree whose ids are missing or run in a circle is no tree: then all exceptions count.
 * https://github.com/getsentry/rfcs/blob/main/text/0079-exception-groups.md
 */
export function selectExceptions(exceptions: readonly WeighedException[]): readonly WeighedException[] {
  const tree = buildTree(exceptions);
  if (tree === undefined) return exceptions;
  const real = findReal(tree.root, tree);
  if (real === undefined) return exceptions;

  const distinct = removeDuplicates(real);
  const [only] = distinct;
  if (only !== undefined && distinct.length === 1) return firstPath(only, tree) ?? exceptions;
  return [...distinct, tree.root];
}

interface Tree {
  readonly root: WeighedException;
  readonly children: ReadonlyMap<number, readonly WeighedException[]>;
}

function buildTree(exceptions: readonly WeighedException[]): Tree | undefined {
  let root: WeighedException | undefined;
  const children = new Map<number, WeighedException[]>();
  // The SDKs send the root last and a group's first child after its second.
  for (const one of exceptions.toReversed()) {
    const { exception_id: id, parent_id: parent } = one.exception.mechanism ?? {};
    if (id === undefined) return undefined;
    if (id === 0) root = one;
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [one]);
    else siblings.push(one);
  }
  return root === undefined ? undefined : { root, children };
}

function childrenOf(one: WeighedException, tree: Tree): readonly WeighedException[] {
  const id = one.exception.mechanism?.exception_id;
  return id === undefined ? [] : (tree.children.get(id) ?? []);
}

/** What is known of an exception's subtree: its real exceptions, or that it is being looked through. */
type Known = Map<WeighedException, readonly WeighedException[] | "open">;

/**
 * The real exceptions of a subtree, each at the last of its places; absent when it runs in a circle. Ids that occur twice make
 * more than one way to an exception, and in a made-up tree of fifty millions of ways, so each is looked at once.
 */
function findReal(
  one: WeighedException,
  tree: Tree,
  known: Known = new Map(),
): readonly WeighedException[] | undefined {
  if (one.exception.mechanism?.is_exception_group !== true) return [one];
  const before = known.get(one);
  if (before !== undefined) return before === "open" ? undefined : before;
  known.set(one, "open");
  const found = new Set<WeighedException>();
  for (const child of childrenOf(one, tree)) {
    const below = findReal(child, tree, known);
    if (below === undefined) return undefined;
    for (const each of below) {
      found.delete(each);
      found.add(each);
    }
  }
  const real = [...found];
  known.set(one, real);
  return real;
}

/** Ordered by what they say, so that the order in which parallel tasks failed does not matter. */
function removeDuplicates(exceptions: readonly WeighedException[]): WeighedException[] {
  const distinct = new Map(exceptions.map((one) => [evidenceKey(one), one]));
  return [...distinct].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function firstPath(start: WeighedException, tree: Tree): WeighedException[] | undefined {
  const path: WeighedException[] = [];
  for (let one: WeighedException | undefined = start; one !== undefined; one = childrenOf(one, tree)[0]) {
    if (path.includes(one)) return undefined;
    path.push(one);
  }
  return path;
}
