import { remember } from "../../remember.ts";

/**
 * The bare name of a function as every browser would give it, or none for an unnamed one.
 *
 * Chrome says `Object.callback`, `new Foo`, `async load`, `Foo.bar [as baz]`; Edge said `Foo.prototype.bar` and
 * `Anonymous function`; Firefox says `test/<` for a function inside of `test`.
 */
export function cleanJavaScriptFunctionName(name: string): string | undefined {
  return cleanName(name) ?? undefined;
}

/** Evaluated and native code: some browsers show a frame for it, others none. */
export function isIgnoredJavaScriptFrame(functionName: string | undefined, path: string | undefined): boolean {
  if (path !== undefined && UNREAL_PATHS.has(path)) return true;
  return functionName !== undefined && functionName.endsWith("eval") && lastSegment(functionName) === "eval";
}

const UNREAL_PATHS = new Set(["[native code]", "native code", "eval code", "<anonymous>"]);
const UNNAMED = new Set(["", "?", "<anonymous>", "<anonymous function>", "Anonymous function", "anonymous"]);

const cleanName = remember((name: string): string | null => {
  const bare = lastSegment(withoutAlias(name.replace(/^(?:async |new )+/, "")));
  if (UNNAMED.has(bare) || bare.endsWith("/<")) return null;
  return bare;
});

/** Without ` [as baz]` at the end, which begins behind every other bracket. */
function withoutAlias(name: string): string {
  if (!name.endsWith("]")) return name;
  const start = name.indexOf(" [as ", name.lastIndexOf("]", name.length - 2) + 1);
  return start === -1 ? name : name.slice(0, start);
}

function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1);
}
