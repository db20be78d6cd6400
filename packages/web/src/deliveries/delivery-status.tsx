import type { DeliveryStatus } from "@mesher/protocol";

const SHOWN: Readonly<Record<DeliveryStatus, { readonly dot: string; readonly text: string }>> = {
  waiting: { dot: "bg-mark", text: "waiting" },
  sending: { dot: "bg-mark pulses", text: "sending" },
  sent: { dot: "bg-green", text: "sent" },
  dead: { dot: "bg-red", text: "given up" },
  cancelled: { dot: "bg-faint", text: "cancelled" },
};

export function DeliveryState({ status }: { status: DeliveryStatus }) {
  const { dot, text } = SHOWN[status];
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      <span aria-hidden className={`size-2 rounded-full ${dot}`} />
      {text}
    </span>
  );
}
