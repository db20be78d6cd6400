export * from "./api.ts";
export * from "./event.ts";
export * from "./grouping.ts";
export * from "./outcome.ts";
