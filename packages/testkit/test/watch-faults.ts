import type { Page } from "playwright-core";

/** Everything that a developer's console would show in red, but for refusals, which are part of signing in. */
export function watchFaults(page: Page): readonly string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 40[14]/.test(message.text())) faults.push(message.text());
  });
  return faults;
}
