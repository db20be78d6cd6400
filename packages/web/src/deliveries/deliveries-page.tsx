import { type ApiDelivery, DELIVERY_STATUSES, type DeliveryPurpose, type DeliveryStatus } from "@mesher/protocol";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { deliveriesQuery, deliveryQuery, destinationsQuery } from "../api/destination-queries.ts";
import { hasRole } from "../api/session.ts";
import { useChange } from "../settings/parts.tsx";
import { SettingsFrame, type SettingsPageProps } from "../settings/settings-frame.tsx";
import { Button } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { lineInputClass } from "../ui/field.tsx";
import { MoreButton } from "../ui/more-button.tsx";
import { Notice } from "../ui/notice.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { StaleNotice } from "../ui/stale-notice.tsx";
import { uniqueById } from "../ui/unique-by-id.ts";
import { DeliveryState } from "./delivery-status.tsx";

export interface DeliveriesSearch {
  readonly status?: DeliveryStatus | undefined;
  readonly destination?: string | undefined;
  /** The one that is open. */
  readonly open?: string | undefined;
}

/** What was sent to whom, what waits, and what was given up, with every attempt. */
export function DeliveriesPage({ search }: { search: DeliveriesSearch }) {
  return (
    <SettingsFrame title="Deliveries">
      {(given) => (
        <>
          <Filters {...given} search={search} />
          <Deliveries {...given} search={search} />
        </>
      )}
    </SettingsFrame>
  );
}

type Props = SettingsPageProps & { readonly search: DeliveriesSearch };

function Filters({ organization, search }: Props) {
  const navigate = useNavigate({ from: "/settings/deliveries" });
  const destinations = useQuery(destinationsQuery(organization));
  const choose = (more: DeliveriesSearch) => void navigate({ search: { ...search, open: undefined, ...more } });
  return (
    <div className="mb-3 flex flex-wrap gap-2">
      <select
        aria-label="Status"
        value={search.status ?? ""}
        onChange={({ target: { value } }) => choose({ status: DELIVERY_STATUSES.find((status) => status === value) })}
        className={lineInputClass}
      >
        <option value="">All states</option>
        {DELIVERY_STATUSES.map((status) => (
          <option key={status} value={status}>
            {status === "dead" ? "given up" : status}
          </option>
        ))}
      </select>
      <select
        aria-label="Destination"
        value={search.destination ?? ""}
        onChange={({ target: { value } }) => choose({ destination: value || undefined })}
        className={lineInputClass}
      >
        <option value="">All destinations and people</option>
        {destinations.data?.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

function Deliveries(props: Props) {
  const { organization, search } = props;
  const deliveries = useInfiniteQuery(deliveriesQuery(organization, search));
  if (deliveries.isPending) return <Bone className="h-64 w-full" />;
  if (deliveries.data === undefined) {
    return (
      <Failure
        title="The deliveries could not be loaded."
        error={deliveries.error}
        onRetry={() => void deliveries.refetch()}
      />
    );
  }
  const rows = uniqueById(deliveries.data.pages.flatMap((page) => page.data));
  const isFiltered = search.status !== undefined || search.destination !== undefined;
  if (rows.length === 0) {
    return isFiltered ? (
      <Notice title="No delivery matches." />
    ) : (
      <Notice title="Nothing was sent yet.">
        What alerts send is listed here, with every attempt. Whom they reach are{" "}
        <Link to="/settings/destinations" className="underline hover:text-ink">
          destinations
        </Link>{" "}
        and people.
      </Notice>
    );
  }
  return (
    <>
      <StaleNotice error={deliveries.error} readAtMs={deliveries.dataUpdatedAt} />
      <ul aria-label="Deliveries" className="divide-y rounded-lg border">
        {rows.map((delivery) => (
          <DeliveryRow key={delivery.id} {...props} delivery={delivery} />
        ))}
      </ul>
      {deliveries.hasNextPage && (
        <MoreButton isLoading={deliveries.isFetchingNextPage} onClick={() => void deliveries.fetchNextPage()}>
          Earlier
        </MoreButton>
      )}
    </>
  );
}

const PURPOSE: Readonly<Record<DeliveryPurpose, string>> = {
  alert: "alert",
  test: "test",
  digest: "digest",
  weekly_report: "weekly report",
};

function DeliveryRow({ delivery, search, ...props }: Props & { delivery: ApiDelivery }) {
  const isOpen = search.open === delivery.id;
  return (
    <li className="px-3 py-2">
      <Link
        to="/settings/deliveries"
        search={{ ...search, open: isOpen ? undefined : delivery.id }}
        resetScroll={false}
        aria-expanded={isOpen}
        className="grid gap-x-4 gap-y-0.5 rounded md:grid-cols-[minmax(0,1fr)_minmax(0,10rem)_7rem_6rem]"
      >
        <span className="min-w-0 font-medium wrap-anywhere">{delivery.title}</span>
        <span className="truncate text-dim">
          {delivery.receiver} <span className="text-xs text-faint">{PURPOSE[delivery.purpose]}</span>
        </span>
        <span className={delivery.status === "dead" ? "text-red" : "text-dim"}>
          <DeliveryState status={delivery.status} />
        </span>
        <span className="text-xs text-faint md:text-right">
          <RelativeTime at={delivery.created_at} />
        </span>
      </Link>
      {delivery.error !== null && delivery.status !== "sent" && (
        <p className="mt-0.5 text-xs wrap-anywhere text-red">
          {delivery.error}
          {delivery.due_at !== null && (
            <span className="text-dim">
              {" "}
              · next attempt <RelativeTime at={delivery.due_at} />
            </span>
          )}
        </p>
      )}
      {isOpen && <Attempts {...props} deliveryId={delivery.id} />}
    </li>
  );
}

function Attempts({ organization, session, deliveryId }: SettingsPageProps & { deliveryId: string }) {
  const delivery = useQuery(deliveryQuery(organization, deliveryId));
  const resend = useChange(["deliveries", organization]);
  if (delivery.data === undefined) {
    return delivery.isError ? (
      <p role="alert" className="mt-2 text-red">
        {delivery.error.message}
      </p>
    ) : (
      <Bone className="mt-2 h-12 w-full" />
    );
  }
  const { attempt_log: attempts, status } = delivery.data;
  return (
    <div className="mt-2 rounded-md bg-raised px-3 py-2">
      {attempts.length === 0 ? (
        <p className="text-faint">No attempt was made yet.</p>
      ) : (
        <ol aria-label="Attempts" className="space-y-1 text-xs">
          {attempts.map((attempt) => (
            <li key={attempt.number} className="flex flex-wrap gap-x-3">
              <span className="text-faint">{attempt.number}.</span>
              <span
                className={attempt.outcome === "sent" ? "text-green" : attempt.outcome === "running" ? "" : "text-red"}
              >
                {attempt.outcome}
              </span>
              {attempt.response_status !== null && <span className="tabular-nums">{attempt.response_status}</span>}
              <span className="text-dim">
                <RelativeTime at={attempt.started_at} />
                {attempt.duration_ms !== null && ` in ${attempt.duration_ms} ms`}
                {attempt.node !== "" && ` by ${attempt.node.split("@")[0]}`}
              </span>
              {attempt.error !== null && <span className="wrap-anywhere text-red">{attempt.error}</span>}
            </li>
          ))}
        </ol>
      )}
      {hasRole(session, "admin") && (status === "dead" || status === "sent" || status === "cancelled") && (
        <Button
          className="mt-2"
          disabled={resend.isPending}
          onClick={() =>
            resend.mutate(
              {
                path: `api/v1/orgs/${encodeURIComponent(organization)}/deliveries/${deliveryId}/resend`,
                done: "It is sent again",
              },
              { onSuccess: () => void delivery.refetch() },
            )
          }
        >
          Send it again
        </Button>
      )}
    </div>
  );
}
