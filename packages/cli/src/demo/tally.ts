import type { Answer } from "../post-envelope.ts";
import type { Occurrence } from "./shop-stream.ts";

/** What became of the events so far. */
export class Tally {
  sent = 0;
  accepted = 0;
  refused = 0;
  unanswered = 0;
  /** Until then the server wants to hear nothing. */
  pausedUntilMs = 0;
  readonly #acceptedByService = new Map<string, { events: number; problems: Set<string> }>();

  add({ service, problem }: Occurrence, answer: Answer): void {
    this.sent++;
    if (answer.kind === "refused") this.refused++;
    if (answer.kind === "unanswered") this.unanswered++;
    if (answer.kind !== "accepted") return;
    this.accepted++;
    const ofService = this.#acceptedByService.get(service.name) ?? { events: 0, problems: new Set() };
    ofService.events++;
    ofService.problems.add(problem.key);
    this.#acceptedByService.set(service.name, ofService);
  }

  /** The accepted, busiest service first. */
  services(): readonly { readonly name: string; readonly events: number; readonly problems: number }[] {
    return [...this.#acceptedByService]
      .map(([name, { events, problems }]) => ({ name, events, problems: problems.size }))
      .sort((a, b) => b.events - a.events);
  }
}
