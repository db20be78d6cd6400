import { matchesPattern, type Pattern } from "@mesher/protocol";

/** Patterns in which `*` stands for anything, without regard to case, for the whole of a text. */
export type Glob = (text: string) => boolean;

export function compileGlob(pattern: string): Glob {
  const pieces: Pattern = pattern.toLowerCase().split(/\*+/) as [string, ...string[]];
  return (text) => matchesPattern(pieces, text.toLowerCase());
}
