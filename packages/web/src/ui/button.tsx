import type { ComponentProps } from "react";

export const buttonClass =
  "inline-flex h-7 items-center gap-1.5 rounded-md border border-edge bg-bg px-2.5 text-xs font-medium text-ink " +
  "transition-colors hover:bg-raised disabled:opacity-45 disabled:hover:bg-bg aria-disabled:opacity-45";

export function Button({ className = "", ...rest }: ComponentProps<"button">) {
  return <button type="button" className={`${buttonClass} ${className}`} {...rest} />;
}
