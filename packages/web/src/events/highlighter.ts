/** Colours for source lines. Loaded with the first frame that is opened; each language with the first frame of it. */
import { createCssVariablesTheme, createHighlighterCore, type LanguageInput } from "@shikijs/core";
import { createJavaScriptRegexEngine } from "@shikijs/engine-javascript";
import type { Language } from "./languages.ts";

export interface Token {
  readonly text: string;
  /** CSS; absent: that of plain text. */
  readonly color: string | undefined;
}

const GRAMMARS: Readonly<Record<Language, () => LanguageInput>> = {
  c: () => import("@shikijs/langs/c"),
  cpp: () => import("@shikijs/langs/cpp"),
  csharp: () => import("@shikijs/langs/csharp"),
  dart: () => import("@shikijs/langs/dart"),
  elixir: () => import("@shikijs/langs/elixir"),
  go: () => import("@shikijs/langs/go"),
  java: () => import("@shikijs/langs/java"),
  javascript: () => import("@shikijs/langs/javascript"),
  jsx: () => import("@shikijs/langs/jsx"),
  kotlin: () => import("@shikijs/langs/kotlin"),
  php: () => import("@shikijs/langs/php"),
  python: () => import("@shikijs/langs/python"),
  ruby: () => import("@shikijs/langs/ruby"),
  rust: () => import("@shikijs/langs/rust"),
  scala: () => import("@shikijs/langs/scala"),
  swift: () => import("@shikijs/langs/swift"),
  tsx: () => import("@shikijs/langs/tsx"),
  typescript: () => import("@shikijs/langs/typescript"),
};

/** Its colours are `--shiki-…` of the style sheet, which follow the theme of the pages. */
const THEME = createCssVariablesTheme({ name: "mesher", variablePrefix: "--shiki-", fontStyle: false });

const highlighter = createHighlighterCore({
  themes: [THEME],
  langs: [],
  engine: createJavaScriptRegexEngine({ forgiving: true }),
});

/** The tokens of each line. PHP without its opening tag would be text. */
export async function highlight(lines: readonly string[], language: Language): Promise<Token[][]> {
  const shiki = await highlighter;
  await shiki.loadLanguage(GRAMMARS[language]());
  const opening = language === "php" ? ["<?php"] : [];
  const { tokens } = shiki.codeToTokens([...opening, ...lines].join("\n"), { lang: language, theme: THEME.name ?? "" });
  return tokens.slice(opening.length).map((line) => line.map(({ content, color }) => ({ text: content, color })));
}
