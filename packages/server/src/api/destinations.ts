/** Where an organization's alerts go. What is secret of a destination is taken, and never given back. */
import {
  type ApiDestination,
  type ApiNewDestination,
  DESTINATION_FIELDS,
  DESTINATION_KINDS,
  type DestinationKind,
} from "@mesher/protocol";
import { type ConfigValue, mask, maskedConfig } from "../deliveries/destination.ts";
import { findDestination, listDestinations, type SealedDestination } from "../deliveries/destinations.queries.ts";
import {
  changeDestination,
  createDestination,
  DestinationRefusedError,
  opened,
  removeDestination,
  rotateSigningSecret,
} from "../deliveries/destinations.ts";
import { DESTINATIONS_MAX } from "../deliveries/limits.ts";
import { SealError } from "../deliveries/seal.ts";
import { NO_MAIL } from "../deliveries/send-message.ts";
import { queueTest } from "../deliveries/test-delivery.ts";
import { notFound, RequestRefusedError } from "./api-error.ts";
import { checkFields, demandFields, line, matching, onOrOff } from "./check-fields.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { checkDestinationConfig } from "./destination-config.ts";
import { isUuid } from "./pages-of-lists.ts";

const READ = { config: { access: { role: "member", scope: "org:read" } } } as const;
const ADMINISTER = { config: { access: { role: "admin", scope: "org:admin" } } } as const;

const NAME_LENGTH_MAX = 100;

const CHANGES = { name: line(NAME_LENGTH_MAX), is_enabled: onOrOff, config: (value: unknown) => value };
const FIELDS = {
  ...CHANGES,
  kind: matching(isKind, `must be one of ${DESTINATION_KINDS.join(", ")}`),
};

type Params = { org: string; destination: string };

export function registerDestinationRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/orgs/:org/destinations", READ, async (request): Promise<{ data: ApiDestination[] }> => {
    const { organizationId } = await deps.authenticate(request);
    const found = await listDestinations(deps.database, { organizationId, limit: DESTINATIONS_MAX });
    return { data: found.map((destination) => show(destination, deps)) };
  });

  app.post("/api/v1/orgs/:org/destinations", ADMINISTER, async (request, reply): Promise<ApiNewDestination> => {
    const actor = await deps.authenticate(request);
    const {
      kind: given,
      name,
      is_enabled: isEnabled = true,
      config,
    } = demandFields(request.body, FIELDS, "kind", "name");
    const kind = given as DestinationKind;
    const values = checkDestinationConfig(kind, config, { isNew: true });
    const wish = { kind, name, isEnabled, values };
    const made = await refuseLimits(createDestination(deps.database, keyOf(deps), actor, wish));
    reply.code(201);
    const destination = await getDestination(deps, actor.organizationId, made.id);
    return { ...show(destination, deps), signing_secret: made.signingSecret };
  });

  app.get<{ Params: Params }>(
    "/api/v1/orgs/:org/destinations/:destination",
    READ,
    async (request): Promise<ApiDestination> => {
      const { organizationId } = await deps.authenticate(request);
      return show(await getDestination(deps, organizationId, request.params.destination), deps);
    },
  );

  /** What is not given stays: a secret need not be entered again to change a name. */
  app.patch<{ Params: Params }>(
    "/api/v1/orgs/:org/destinations/:destination",
    ADMINISTER,
    async (request): Promise<ApiDestination> => {
      const actor = await deps.authenticate(request);
      const { id, kind } = await getDestination(deps, actor.organizationId, request.params.destination);
      const { name, is_enabled: isEnabled, config } = checkFields(request.body, CHANGES);
      const values: Readonly<Record<string, ConfigValue>> =
        config === undefined ? {} : checkDestinationConfig(kind, config, { isNew: false });
      const change = { ...(name !== undefined && { name }), ...(isEnabled !== undefined && { isEnabled }), values };
      if (!(await changeDestination(deps.database, keyOf(deps), actor, id, change))) throw notFound("destination");
      return show(await getDestination(deps, actor.organizationId, id), deps);
    },
  );

  app.post<{ Params: Params }>("/api/v1/orgs/:org/destinations/:destination/delete", ADMINISTER, async (request) => {
    const actor = await deps.authenticate(request);
    const { destination } = request.params;
    if (!isUuid(destination) || !(await removeDestination(deps.database, actor, destination)))
      throw notFound("destination");
    return { status: "ok", affected: 1 };
  });

  /** By the queue, like an alert: the delivery tells how it went. */
  app.post<{ Params: Params }>(
    "/api/v1/orgs/:org/destinations/:destination/test",
    ADMINISTER,
    async (request, reply): Promise<{ delivery_id: string }> => {
      const actor = await deps.authenticate(request);
      const destination = await getDestination(deps, actor.organizationId, request.params.destination);
      const deliveryId = await queueTest(deps.database, actor, destination, deps.now());
      reply.code(201);
      return { delivery_id: deliveryId };
    },
  );

  /** Messages are signed with the former secret, too, for a day. */
  app.post<{ Params: Params }>(
    "/api/v1/orgs/:org/destinations/:destination/rotate-secret",
    ADMINISTER,
    async (request): Promise<ApiNewDestination> => {
      const actor = await deps.authenticate(request);
      const { id, kind } = await getDestination(deps, actor.organizationId, request.params.destination);
      if (kind !== "webhook") throw new RequestRefusedError(409, "not_signed", "only webhooks are signed");
      const secret = await rotateSigningSecret(deps.database, keyOf(deps), actor, id, deps.now());
      if (secret === undefined) throw notFound("destination");
      return { ...show(await getDestination(deps, actor.organizationId, id), deps), signing_secret: secret };
    },
  );
}

function keyOf({ deliveries }: ApiDependencies): Buffer {
  return deliveries.keys.destinations;
}

async function getDestination(deps: ApiDependencies, organizationId: string, id: string): Promise<SealedDestination> {
  const destination = isUuid(id) ? await findDestination(deps.database, organizationId, id) : undefined;
  if (destination === undefined) throw notFound("destination");
  return destination;
}

async function refuseLimits<T>(change: Promise<T>): Promise<T> {
  try {
    return await change;
  } catch (error) {
    if (error instanceof DestinationRefusedError) throw new RequestRefusedError(409, error.code, error.message);
    throw error;
  }
}

function isKind(text: string): text is DestinationKind {
  return (DESTINATION_KINDS as readonly string[]).includes(text);
}

function show(destination: SealedDestination, { deliveries }: ApiDependencies): ApiDestination {
  const { config, fault } = readConfig(destination, deliveries.keys.destinations);
  return {
    id: destination.id,
    kind: destination.kind,
    name: destination.name,
    is_enabled: destination.isEnabled,
    config,
    obstacle: destination.kind === "email" && !deliveries.isMailSetUp ? NO_MAIL : fault,
    paused_until: destination.pausedUntil?.toISOString() ?? null,
    created_at: destination.createdAt.toISOString(),
    updated_at: destination.updatedAt.toISOString(),
  };
}

/** Also of a destination whose secrets cannot be read, so that they can be entered again. */
function readConfig(destination: SealedDestination, key: Buffer) {
  try {
    return { config: maskedConfig(opened(key, destination)), fault: null };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    const { fields } = DESTINATION_FIELDS[destination.kind];
    const unread = fields.filter(({ type }) => type.startsWith("secret")).map(({ name }) => [name, mask("")]);
    return { config: { ...destination.config, ...Object.fromEntries(unread) }, fault: error.message };
  }
}
