import { serializeEnvelope } from "@mesher/protocol";
import type { Random } from "./random.ts";
import { Scene } from "./scene.ts";
import type { Problem, Service } from "./shop/service.ts";

/** One occurrence of a problem. Everything but its id and its time follows from the seed. */
export interface ShopEvent {
  readonly event_id: string;
  readonly [field: string]: unknown;
}

export function makeShopEvent(
  { service, problem }: { readonly service: Service; readonly problem: Problem },
  random: Random,
  { eventId, nowMs }: { readonly eventId: string; readonly nowMs: number },
): ShopEvent {
  const scene = new Scene(random);
  const { exceptions, message, logentry, logger, request, extra, fingerprint } = problem;
  const release = random.pickWeighted(service.releases, (_, age) => NEWER_RELEASE_IS_MORE_COMMON ** -age);
  const host = service.hosts.length === 0 ? undefined : random.pick(service.hosts);
  const breadcrumbs = makeBreadcrumbs(service, random, nowMs);

  return scene.fillIn({
    event_id: eventId,
    timestamp: formatTime(service, nowMs),
    platform: service.platform,
    level: problem.level,
    ...(logger === undefined ? {} : { logger }),
    transaction: problem.transaction,
    ...(host === undefined ? {} : { server_name: host }),
    release,
    environment: random.chance(PRODUCTION_SHARE) ? "production" : "staging",
    ...(message === undefined ? {} : { message }),
    ...(logentry === undefined ? {} : { logentry }),
    ...(exceptions === undefined ? {} : { exception: { values: exceptions } }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(request === undefined ? {} : { request: { ...request, headers: { ...REQUEST_HEADERS, ...request.headers } } }),
    ...(problem.hasNoUser ? {} : { user: USER }),
    tags: { service: service.name, region: random.pick(REGIONS), ...problem.tags },
    contexts: {
      ...random.pick(service.contexts),
      trace: { trace_id: "{{trace}}", span_id: "{{span}}", op: request === undefined ? "task" : "http.server" },
    },
    breadcrumbs: service.style.lists === "bare" ? breadcrumbs : { values: breadcrumbs },
    ...(extra === undefined ? {} : { extra }),
    ...(service.modules === undefined ? {} : { modules: service.modules }),
    sdk: service.sdk,
  });
}

/** The envelope around an event, as the service's SDK posts it. */
export function envelopeOf(
  service: Service,
  event: ShopEvent,
  { publicKey, nowMs }: { publicKey: string; nowMs: number },
) {
  const { name, version } = service.sdk;
  return serializeEnvelope({
    header: {
      event_id: event.event_id,
      sent_at: new Date(nowMs).toISOString(),
      sdk: { name, version },
      trace: {
        trace_id: (event.contexts as { trace: { trace_id: string } }).trace.trace_id,
        public_key: publicKey,
        release: event.release,
        environment: event.environment,
      },
    },
    items: [
      { header: { type: "event", content_type: "application/json" }, payload: Buffer.from(JSON.stringify(event)) },
    ],
  });
}

const PRODUCTION_SHARE = 0.87;
const NEWER_RELEASE_IS_MORE_COMMON = 4;
const BREADCRUMBS_MIN = 8;
const BREADCRUMBS_MAX = 30;
const BREADCRUMB_GAP_MS_MAX = 4000;
const REGIONS = ["eu-central", "eu-west", "us-east"];
const USER = { id: "{{customer}}", username: "{{username}}", email: "{{email}}", ip_address: "{{ip}}" };
const REQUEST_HEADERS = { Accept: "application/json", Host: "shop.example", "X-Request-Id": "{{uuid}}" };

/** Oldest first, up to just before the event. Each has values of its own: it tells of other orders and products. */
function makeBreadcrumbs(service: Service, random: Random, nowMs: number): Record<string, unknown>[] {
  let atMs = nowMs;
  return Array.from({ length: random.integer(BREADCRUMBS_MIN, BREADCRUMBS_MAX) }, () => {
    atMs -= random.integer(5, BREADCRUMB_GAP_MS_MAX);
    const template = new Scene(random).fillIn(random.pick(service.breadcrumbs));
    return { timestamp: formatTime(service, atMs), type: "default", level: "info", ...template };
  }).toReversed();
}

function formatTime({ style }: Service, ms: number): number | string {
  return style.times === "seconds" ? ms / 1000 : new Date(ms).toISOString();
}
