import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

/** What WCAG 2.2 asks for at levels A and AA, as far as a program can tell. */
const OPTIONS: RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
};

/** One rule of axe, and the places that break it. */
export interface Barrier {
  readonly id: string;
  readonly help: string;
  readonly where: readonly string[];
}

const GRAVE = ["serious", "critical"];

/**
 * Run in the page: the animations and transitions that still run and will end. Half faded in, a text has not yet the contrast it is
 * meant to have. One that ends may start another; one that is cancelled is over too.
 */
const AT_REST = `(async () => {
  const running = () => document.getAnimations().filter(
    ({ playState, effect }) => playState === "running" && Number.isFinite(effect?.getComputedTiming().endTime),
  );
  for (let found = running(); found.length > 0; found = running()) {
    await Promise.allSettled(found.map(({ finished }) => finished));
  }
})()`;

/** What serious or critical things stand in the way of people with a disability, on the page as it is shown when it has come to rest. */
export async function findBarriers(page: Page): Promise<Barrier[]> {
  // As an expression of the debugger, which the page's content security policy does not bind.
  await page.evaluate(await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8"));
  await page.evaluate(AT_REST);
  const results = await page.evaluate<AxeResults, RunOptions>((options) => {
    const { axe } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    return axe.run(options);
  }, OPTIONS);
  return results.violations
    .filter(({ impact }) => GRAVE.includes(impact ?? ""))
    .map(({ id, help, nodes }) => ({ id, help, where: nodes.map(({ html, target }) => `${String(target)}: ${html}`) }));
}
