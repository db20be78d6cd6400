import { Bone } from "./skeleton.tsx";

/** In the place of an issue or an event. */
export function PageSkeleton({ label }: { label: string }) {
  return (
    <div role="status" aria-label={label} className="appears-late space-y-4 px-4 py-4 sm:px-6">
      <Bone className="h-3 w-40" />
      <Bone className="h-5 w-3/5" />
      <Bone className="h-3 w-2/5" />
      <Bone className="mt-8 h-64 w-full rounded-lg" />
      <Bone className="h-40 w-full rounded-lg" />
    </div>
  );
}
