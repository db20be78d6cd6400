import type { UseQueryResult } from "@tanstack/react-query";
import { Failure } from "../ui/failure.tsx";

export function StorageFailure({ storage }: { storage: UseQueryResult }) {
  return (
    <Failure title="What is stored could not be loaded." error={storage.error} onRetry={() => void storage.refetch()} />
  );
}
