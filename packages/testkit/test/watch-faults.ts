import type { Page } from "playwright-core";

/** Everything that a developer's console would show in red, but for what is `expected`. */
export function watchFaults(page: Page, expected: (fault: string) => boolean = () => false): readonly string[] {
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" && !expected(message.text())) faults.push(message.text());
  });
  return faults;
}

export function isRefusal(fault: string): boolean {
  return /status of 40[14]/.test(fault);
}
