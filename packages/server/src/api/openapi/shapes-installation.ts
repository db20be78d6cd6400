import type { ApiCluster, ApiJob, ApiJobs, ApiProjectStorage, ApiStorage } from "@mesher/protocol";
import { Type } from "typebox";
import { Count, Details, orNull, shapeOf, Text, Texts, Time } from "./shape.ts";
import { DeliveryQueue } from "./shapes-deliveries.ts";

const Day = Type.String({ format: "date" });
const Share = Type.Number({ minimum: 0 });
const Help = Type.Object({ node: Text, since: Time, batches: Count, events: Count });
const Journal = Type.Object({ waiting: Count, bytes: Count, bytes_max: Count });

export const Readiness = Type.Object({
  ready: Type.Boolean(),
  database: Type.Enum(["reachable", "away"]),
  journal: Journal,
});

export const Job = shapeOf<ApiJob>()(
  Type.Object({
    name: Text,
    title: Text,
    about: Text,
    every_seconds: Type.Number({ minimum: 0 }),
    state: Type.Enum(["idle", "running"]),
    epoch: Count,
    holder: orNull(Text),
    started_at: orNull(Time),
    finished_at: orNull(Time),
    duration_ms: orNull(Type.Number({ minimum: 0 })),
    outcome: orNull(Type.Enum(["succeeded", "failed"])),
    error: orNull(Text),
    result: orNull(Details),
    next_run_at: Time,
  }),
);

export const Jobs = shapeOf<ApiJobs>()(Type.Object({ data: Type.Array(Job), deliveries: DeliveryQueue }));

export const ProjectStorage = shapeOf<ApiProjectStorage>()(
  Type.Object({
    event_count: Count,
    estimated_bytes: Share,
    retention_days: Count,
    parts: Type.Object({ events: Share, issues: Share, counts: Share }),
    days: Type.Array(Type.Object({ day: Day, events: Count, bytes: Share })),
  }),
);

export const Storage = shapeOf<ApiStorage>()(
  Type.Object({
    database: Type.Object({
      bytes: Count,
      tables: Type.Array(Type.Object({ name: Text, bytes: Count, rows_estimate: Count })),
      days: Type.Array(Type.Object({ day: Day, bytes: Count, rows_estimate: Count })),
    }),
    journal: Journal,
    disk: Type.Object({ free_bytes: Count, total_bytes: Count }),
    last_retention: orNull(
      Type.Object({
        finished_at: Time,
        outcome: Type.Enum(["succeeded", "failed"]),
        partitions_dropped: Texts,
        bytes_freed: Count,
        events_dropped_estimate: Count,
        events_deleted: Count,
        bytes_reusable: Count,
        quarantined_deleted: Count,
        counts_deleted: Count,
        journal_rows_deleted: Count,
      }),
    ),
  }),
);

const Transport = Type.Union([
  Type.Object({ kind: Type.Enum(["none", "mesh"]) }),
  Type.Object({
    kind: Type.Literal("nats"),
    server: Text,
    status: Type.Enum(["connected", "away", "refused"]),
    since: Time,
    reason: orNull(Text),
    refused_messages: Type.Object({ forged: Count, replayed: Count, stale: Count }),
  }),
]);

export const Cluster = shapeOf<ApiCluster>()(
  Type.Object({
    mode: Type.Enum(["standalone", "cluster"]),
    fault: orNull(Text),
    self: Text,
    nodes: Type.Array(
      Type.Object({
        name: Text,
        is_self: Type.Boolean(),
        status: Type.Enum(["alive", "dead", "left"]),
        since: Time,
        incarnation: Text,
        version: Text,
        reason: orNull(Text),
        load: orNull(Type.Object({ accepted_events: Count, waiting_entries: Count, lag_ms: Share, cpu: Share })),
      }),
    ),
    unreached: Texts,
    refused: Type.Array(
      Type.Object({
        peer: Text,
        reason: Text,
        message: Text,
        side: Type.Enum(["dialled", "called"]),
        count: Count,
        last_at: Time,
      }),
    ),
    names: Type.Array(Type.Object({ name: Text, node: Text })),
    leader: orNull(Text),
    transport: Transport,
    replication: Type.Object({
      wanted: Count,
      state: Type.Enum(["off", "complete", "catching_up", "degraded"]),
      holders: Type.Array(Type.Object({ node: Text, state: Type.Enum(["catching_up", "complete"]) })),
      copies: Type.Array(Type.Object({ journal_id: Text, owner: Text, bytes: Count, waiting_entries: orNull(Count) })),
    }),
    offload: Type.Object({ helpers: Type.Array(Help), helping: Type.Array(Help) }),
  }),
);
