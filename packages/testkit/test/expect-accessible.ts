import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";
import { expect } from "vitest";

/** What WCAG 2.2 asks for at levels A and AA, as far as a program can tell. */
const OPTIONS: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
};
const GRAVE = ["serious", "critical"];

/** Nothing serious or critical stands in the way of people with a disability, on the page as it is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  // As an expression of the debugger, which the page's content security policy does not bind.
  await page.evaluate(await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
  const results = await page.evaluate<AxeResults, RunOptions>((options) => {
    const { axe } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    return axe.run(options);
  }, OPTIONS);
  const faults = results.violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ""))
    .map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html, target }) => `${String(target)}: ${html}`) }));
  expect(faults, `accessibility of ${page.url()}`).toEqual([]);
}
