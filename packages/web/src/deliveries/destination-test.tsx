import type { ApiDestination } from "@mesher/protocol";
import { useMutation, useQuery } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { deliveryQuery, isOver } from "../api/destination-queries.ts";
import { Button } from "../ui/button.tsx";
import { toastFailure } from "../ui/toasts.tsx";
import { DeliveryState } from "./delivery-status.tsx";

/** Sends a test message and watches it until it arrived, or failed and why. */
export function DestinationTest({ organization, destination }: { organization: string; destination: ApiDestination }) {
  const test = useMutation({
    mutationFn: () =>
      sendJson<{ delivery_id: string }>(
        "POST",
        `api/v1/orgs/${encodeURIComponent(organization)}/destinations/${destination.id}/test`,
      ),
    onError: (error) => toastFailure("No test was sent.", error),
  });
  const deliveryId = test.data?.delivery_id;
  const delivery = useQuery({ ...deliveryQuery(organization, deliveryId ?? ""), enabled: deliveryId !== undefined });
  const isUnderWay =
    test.isPending || (deliveryId !== undefined && (delivery.data === undefined || !isOver(delivery.data)));
  return (
    <span className="inline-flex flex-wrap items-center gap-y-2">
      {/* Empty, it takes no room: not even that of a gap. */}
      <span role="status" className="text-xs not-empty:mr-2">
        {deliveryId !== undefined && delivery.data !== undefined && (
          <>
            <DeliveryState status={delivery.data.status} />
            {delivery.data.error !== null && delivery.data.status !== "sent" && (
              <span className="ml-1.5 wrap-anywhere text-red">{delivery.data.error}</span>
            )}
          </>
        )}
      </span>
      <Button aria-label={`Test ${destination.name}`} disabled={isUnderWay} onClick={() => test.mutate()}>
        {isUnderWay ? "Testing…" : "Test"}
      </Button>
    </span>
  );
}
