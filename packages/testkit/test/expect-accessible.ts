import type { Page } from "playwright-core";
import { expect } from "vitest";
import { findBarriers } from "./find-barriers.ts";

/** Nothing serious or critical stands in the way of people with a disability. */
export async function expectAccessible(page: Page): Promise<void> {
  expect(await findBarriers(page), `accessibility of ${page.url()}`).toEqual([]);
}
