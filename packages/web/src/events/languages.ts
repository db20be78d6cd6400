import type { Frame } from "@mesher/protocol";

const LANGUAGE_OF_EXTENSION = {
  c: "c",
  h: "cpp",
  cc: "cpp",
  cpp: "cpp",
  hpp: "cpp",
  mm: "cpp",
  cs: "csharp",
  dart: "dart",
  ex: "elixir",
  exs: "elixir",
  go: "go",
  java: "java",
  js: "javascript",
  cjs: "javascript",
  mjs: "javascript",
  jsx: "jsx",
  kt: "kotlin",
  kts: "kotlin",
  php: "php",
  py: "python",
  rb: "ruby",
  rs: "rust",
  scala: "scala",
  swift: "swift",
  tsx: "tsx",
  ts: "typescript",
  mts: "typescript",
  cts: "typescript",
} as const;

/** Where a file's name does not tell. */
const LANGUAGE_OF_PLATFORM = {
  csharp: "csharp",
  dart: "dart",
  elixir: "elixir",
  go: "go",
  java: "java",
  javascript: "javascript",
  node: "javascript",
  php: "php",
  python: "python",
  ruby: "ruby",
  rust: "rust",
  cocoa: "swift",
} as const;

export type Language =
  | (typeof LANGUAGE_OF_EXTENSION)[keyof typeof LANGUAGE_OF_EXTENSION]
  | (typeof LANGUAGE_OF_PLATFORM)[keyof typeof LANGUAGE_OF_PLATFORM];

/** What the source of a frame is written in, as far as it is known. */
export function languageOf(frame: Frame, platform: string): Language | undefined {
  const file = (frame.filename ?? frame.abs_path ?? "").replace(/[?#].*$/s, "");
  const extension = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase() ?? "";
  return find(LANGUAGE_OF_EXTENSION, extension) ?? find(LANGUAGE_OF_PLATFORM, frame.platform ?? platform);
}

function find<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
