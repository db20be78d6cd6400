import { Type } from "typebox";
import { created, type Operations, ok } from "./operation.ts";
import { Cluster, Jobs, Readiness, Storage } from "./shapes-installation.ts";
import { StreamTicket } from "./shapes-people.ts";

const text = (mediaType: string) => ({ 200: { mediaType, schema: Type.String() } });

export const INSTALLATION: Operations = {
  "GET /healthz": { summary: "The process is alive", answers: ok(Type.Object({ status: Type.Literal("alive") })) },
  "GET /readyz": {
    summary: "Events can be accepted",
    description: "503, with the same shape: they cannot.",
    answers: { 200: Readiness, 503: Readiness },
  },
  "GET /metrics": { summary: "Measures for Prometheus", answers: text("text/plain") },
  "GET /api/openapi.json": {
    summary: "This description",
    answers: ok(Type.Record(Type.String(), Type.Unknown())),
  },
  "GET /api/docs": { summary: "This description, to browse", answers: text("text/html") },
  "GET /api/v1/cluster": { summary: "The cluster as this node sees it", answers: ok(Cluster) },
  "GET /api/v1/jobs": { summary: "What runs by the clock", answers: ok(Jobs) },
  "GET /api/v1/storage": { summary: "Room taken by the whole installation", answers: ok(Storage) },
  "POST /api/v1/stream-tickets": {
    summary: "A ticket for one WebSocket",
    description: "It opens nothing, and its stream ends, once the token or login that made it may not listen any more.",
    answers: created(StreamTicket),
    refusals: { 429: "Too many tickets are unused" },
  },
  "GET /api/v1/projects/:project/stream": {
    summary: "The live feed as server-sent events",
    description: "Its messages are those of the WebSocket; see docs/live.md.",
    answers: text("text/event-stream"),
    refusals: { 429: "Too many listeners", 503: "The server is stopping" },
  },
};
