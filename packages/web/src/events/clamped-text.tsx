import { useState } from "react";

/** Of longer text only the beginning is shown until someone asks for the rest. */
const CHARACTERS_MAX = 200;

export function ClampedText({ text }: { text: string }) {
  const [isWhole, setIsWhole] = useState(false);
  if (isWhole || text.length <= CHARACTERS_MAX)
    return <span className="wrap-anywhere whitespace-pre-wrap">{text}</span>;
  return (
    <button
      type="button"
      onClick={() => setIsWhole(true)}
      title="Show all of it"
      className="line-clamp-2 w-full rounded text-left wrap-anywhere hover:text-dim"
    >
      {text}
    </button>
  );
}
