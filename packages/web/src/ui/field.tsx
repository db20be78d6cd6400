import { type ComponentProps, type ReactNode, useId } from "react";
import { ApiFailure } from "../api/client.ts";

const looks =
  "min-w-0 rounded-md border border-edge bg-bg px-2.5 text-[0.8125rem] placeholder:text-faint disabled:opacity-55";

export const inputClass = `h-8 w-full ${looks}`;

/** For an input within a line: as wide as it needs to be. */
export const lineInputClass = `h-7 max-w-full ${looks}`;

/** An input under its name, with a hint below. */
export function Field({
  label,
  hint,
  className = "",
  ...rest
}: { label: string; hint?: ReactNode } & ComponentProps<"input">) {
  const id = useId();
  return (
    <div className={`min-w-0 ${className}`}>
      <label htmlFor={id} className="mb-1 block text-xs font-medium text-dim">
        {label}
      </label>
      <input
        id={id}
        className={inputClass}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        {...rest}
      />
      {hint !== undefined && (
        <p id={`${id}-hint`} className="mt-1 text-xs text-faint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** Why a form was not taken. */
export function FormError({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <div role="alert" className="rounded-md bg-red-wash px-2.5 py-1.5 text-red">
      {error.message}
      {reasonsOf(error).map(({ path, reason }) => (
        <p key={path} className="text-xs">
          {path !== "" && <code>{path}</code>} {reason}
        </p>
      ))}
    </div>
  );
}

/** The server says which fields were wrong. */
function reasonsOf(error: Error): readonly { readonly path: string; readonly reason: string }[] {
  if (!(error instanceof ApiFailure) || !Array.isArray(error.details)) return [];
  return error.details.flatMap((detail: { path?: unknown; reason?: unknown }) =>
    typeof detail?.path === "string" && typeof detail.reason === "string"
      ? [{ path: detail.path, reason: detail.reason }]
      : [],
  );
}
