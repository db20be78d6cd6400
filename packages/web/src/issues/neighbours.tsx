import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { issueQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { useKeys } from "../ui/use-keys.ts";
import { listInHand } from "./list-in-hand.ts";

/** To the next issue of the list that somebody came from, and to the one before. */
export function Neighbours({ shortId }: { shortId: string }) {
  const navigate = useNavigate();
  const list = listInHand();
  const at = list?.shortIds.indexOf(shortId) ?? -1;
  const previous = list?.shortIds[at - 1];
  const next = at < 0 ? undefined : list?.shortIds[at + 1];
  const go = (to: string | undefined) => {
    // In the place of this one, so that back leads to the list.
    if (to !== undefined) void navigate({ to: "/issues/$issueId", params: { issueId: to }, replace: true });
  };
  useKeys({ j: () => go(next), k: () => go(at < 0 ? undefined : previous) });
  // The next one is what is most likely wanted.
  useQuery({ ...issueQuery(next ?? ""), enabled: next !== undefined, refetchInterval: false });
  if (list === undefined || at < 0) return null;
  return (
    <nav aria-label="Issues of the list" className="flex items-center gap-1.5">
      <span className="text-xs text-faint tabular-nums max-sm:hidden">
        {at + 1} of {list.shortIds.length}
      </span>
      <Button
        aria-label="Previous issue"
        title="Previous issue (k)"
        disabled={previous === undefined}
        onClick={() => go(previous)}
      >
        ↑
      </Button>
      <Button aria-label="Next issue" title="Next issue (j)" disabled={next === undefined} onClick={() => go(next)}>
        ↓
      </Button>
    </nav>
  );
}
