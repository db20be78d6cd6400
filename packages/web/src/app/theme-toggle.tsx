import { type ReactNode, useSyncExternalStore } from "react";
import { keepTheme, onThemeChange, storedTheme, THEMES, type Theme } from "./theme.ts";

const ICON: Record<Theme, ReactNode> = {
  system: <path d="M2 3h12v8H2zM6 14h4" />,
  light: (
    <path d="M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6zM8 1.2v1.3m0 11v1.3M1.2 8h1.3m11 0h1.3M3.2 3.2l.9.9m7.8 7.8.9.9m0-9.6-.9.9M4.1 11.9l-.9.9" />
  ),
  dark: <path d="M13.3 9.6A5.8 5.8 0 0 1 6.4 2.7a5.6 5.6 0 1 0 6.9 6.9z" />,
};

export function ThemeToggle() {
  const theme = useSyncExternalStore(onThemeChange, storedTheme);
  return (
    <div role="group" aria-label="Theme" className="inline-flex rounded-md border p-0.5">
      {THEMES.map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={theme === option}
          aria-label={`${option} theme`}
          title={`${option} theme`}
          onClick={() => keepTheme(option)}
          className="rounded-[5px] p-1.25 text-faint hover:text-ink aria-pressed:bg-line aria-pressed:text-ink"
        >
          <svg viewBox="0 0 16 16" aria-hidden fill="none" stroke="currentColor" strokeWidth="1.3" className="size-3.5">
            {ICON[option]}
          </svg>
        </button>
      ))}
    </div>
  );
}
