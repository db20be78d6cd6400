export * from "./api.ts";
export * from "./dsn.ts";
export * from "./envelope.ts";
export * from "./event.ts";
export * from "./event-id.ts";
export * from "./grouping.ts";
export * from "./native-event.ts";
export * from "./outcome.ts";
