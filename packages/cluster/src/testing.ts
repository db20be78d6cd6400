/** What tests and benchmarks of other packages need of this one's. */
export { TestNats } from "./test-nats.ts";
