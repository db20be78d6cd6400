import type { ComponentProps } from "react";

export const buttonClass =
  "inline-flex h-7 items-center gap-1.5 rounded-md border border-edge bg-bg px-2.5 text-xs font-medium text-ink " +
  "transition-colors hover:bg-raised disabled:opacity-45 disabled:hover:bg-bg aria-disabled:opacity-45";

export function Button({ className = "", ...rest }: ComponentProps<"button">) {
  return <button type="button" className={`${buttonClass} ${className}`} {...rest} />;
}

const primaryClass =
  "inline-flex h-8 items-center justify-center gap-1.5 rounded-md bg-ink px-3 text-xs font-medium text-bg " +
  "transition-opacity hover:opacity-85 disabled:opacity-45";

/** What a form or a page is for. At most one on each. */
export function PrimaryButton({ className = "", ...rest }: ComponentProps<"button">) {
  return <button type="button" className={`${primaryClass} ${className}`} {...rest} />;
}
