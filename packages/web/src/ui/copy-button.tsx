import { useEffect, useState } from "react";
import { Button } from "./button.tsx";
import { toastFailure } from "./toasts.tsx";

const CONFIRMED_MS = 1600;

export function CopyButton({
  text,
  label = "Copy",
  name,
}: {
  /** Or what makes it, perhaps by asking the server. */
  text: string | (() => string | Promise<string>);
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
    try {
      const copied = await copyText(typeof text === "string" ? text : await text());
      setOutcome(copied ? "copied" : "failed");
    } catch (error) {
      toastFailure("There is nothing to copy.", error instanceof Error ? error : new Error(String(error)));
    }
  };

  return (
    <Button onClick={() => void copy()} aria-label={name}>
      <span aria-live="polite">{outcome === "copied" ? "Copied" : outcome === "failed" ? "Not allowed" : label}</span>
    </Button>
  );
}

/** Whether the browser let it. */
export async function copyText(text: string): Promise<boolean> {
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
