import { useEffect, useState } from "react";
import { Button } from "./button.tsx";

const CONFIRMED_MS = 1600;

export function CopyButton({
  text,
  label = "Copy",
  name,
}: {
  text: string | (() => string);
  label?: string;
  name?: string;
}) {
  const [outcome, setOutcome] = useState<"none" | "copied" | "failed">("none");

  useEffect(() => {
    if (outcome === "none") return undefined;
    const timer = setTimeout(() => setOutcome("none"), CONFIRMED_MS);
    return () => clearTimeout(timer);
  }, [outcome]);

  const copy = async () => {
    const copied = await copyText(typeof text === "string" ? text : text());
    setOutcome(copied ? "copied" : "failed");
  };

  return (
    <Button onClick={() => void copy()} aria-label={name}>
      <span aria-live="polite">{outcome === "copied" ? "Copied" : outcome === "failed" ? "Not allowed" : label}</span>
    </Button>
  );
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain http on another host than localhost, browsers have no clipboard API.
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}
