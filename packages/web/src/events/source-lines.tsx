import type { Frame } from "@mesher/protocol";
import { createContext, useContext, useEffect, useState } from "react";
import { sourceLines } from "./frames.ts";
import type { Token } from "./highlighter.ts";
import { languageOf } from "./languages.ts";

/** Minified code is one line of a megabyte, and no colours make it readable. */
const HIGHLIGHTED_CHARACTERS_MAX = 20_000;

/** What the event's program runs on, where a frame does not say it. */
export const EventPlatform = createContext("other");

/** The lines around the one that failed: plain at once, in colours as soon as these are known. */
export function SourceLines({ frame }: { frame: Frame }) {
  const lines = sourceLines(frame);
  const tokens = useTokens(frame);
  return (
    // Source scrolls sideways, so the keyboard has to be able to reach it.
    <pre tabIndex={0} aria-label="Source" className="overflow-x-auto py-2 focus-visible:-outline-offset-2">
      <code className="block w-max min-w-full">
        {lines.map((line, index) => (
          <span
            key={index}
            className={`flex ${line.failed ? "bg-red-wash shadow-[inset_2px_0_0_var(--color-red)]" : ""}`}
          >
            <span className="w-12 shrink-0 pr-3 text-right text-dim tabular-nums select-none">{line.number}</span>
            <span className="pr-4 whitespace-pre">
              <Line text={line.text} tokens={tokens?.[index]} />
            </span>
          </span>
        ))}
      </code>
    </pre>
  );
}

function Line({ text, tokens }: { text: string; tokens: readonly Token[] | undefined }) {
  if (text === "") return " ";
  // Tokens of other lines than these would show what is not there.
  if (tokens === undefined || tokens.map((token) => token.text).join("") !== text) return text;
  return tokens.map((token, index) => (
    <span key={index} style={{ color: token.color }}>
      {token.text}
    </span>
  ));
}

function useTokens(frame: Frame): readonly Token[][] | undefined {
  const platform = useContext(EventPlatform);
  const language = languageOf(frame, platform);
  const [tokens, setTokens] = useState<readonly Token[][]>();
  useEffect(() => {
    const texts = sourceLines(frame).map(({ text }) => text);
    if (language === undefined || texts.join("\n").length > HIGHLIGHTED_CHARACTERS_MAX) return undefined;
    let isGone = false;
    const colour = async () => {
      const { highlight } = await import("./highlighter.ts");
      const found = await highlight(texts, language);
      if (!isGone) setTokens(found);
    };
    // Plain lines are good lines: whatever goes wrong here, the source is read.
    colour().catch(() => isGone || setTokens(undefined));
    return () => {
      isGone = true;
    };
  }, [frame, language]);
  return tokens;
}
