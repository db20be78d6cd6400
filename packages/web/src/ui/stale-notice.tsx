import { RelativeTime } from "./relative-time.tsx";

/** Above content that could not be refreshed: it is still worth reading, but no longer the latest. */
export function StaleNotice({ error, readAtMs }: { error: Error | null; readAtMs: number }) {
  if (error === null) return null;
  return (
    <p role="status" className="border-b bg-amber-wash px-4 py-1.5 text-xs text-amber sm:px-6">
      {error.message} What you see was read <RelativeTime at={new Date(readAtMs).toISOString()} />; trying again.
    </p>
  );
}
