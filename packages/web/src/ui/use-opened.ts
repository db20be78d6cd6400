import { useState } from "react";

interface Read<Data> {
  readonly data: Data | undefined;
  readonly isFetchedAfterMount: boolean;
  readonly isStale: boolean;
}

/**
 * What a form begins with, and how to replace it: what was read some time ago is no beginning for a change, and what somebody has
 * begun to change stays as they found it. `undefined`: it is not read yet.
 */
export function useOpened<Data>({ data, isFetchedAfterMount, isStale }: Read<Data>) {
  const [opened, setOpened] = useState<Data>();
  if (opened === undefined && data !== undefined && (isFetchedAfterMount || !isStale)) setOpened(data);
  return [opened, (replaced: Data) => setOpened(replaced)] as const;
}
