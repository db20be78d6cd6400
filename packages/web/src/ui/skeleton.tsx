export function Skeleton({ rows, label }: { rows: number; label: string }) {
  return (
    <div role="status" aria-label={label} className="appears-late">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex items-start gap-3 border-b px-4 py-3 sm:px-6">
          <Bone className="mt-1 size-3 rounded-full" />
          <div className="grow space-y-2">
            <Bone className={`h-3 ${["w-3/5", "w-2/5", "w-1/2"][row % 3]}`} />
            <Bone className={`h-2.5 ${["w-1/3", "w-1/4", "w-2/5"][row % 3]}`} />
          </div>
          <Bone className="hidden h-3 w-24 sm:block" />
        </div>
      ))}
    </div>
  );
}

export function Bone({ className }: { className: string }) {
  return <div aria-hidden className={`pulses rounded bg-line ${className}`} />;
}
