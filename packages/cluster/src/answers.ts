/** What a node does with the requests of others, by their kind. `body` is what came, and nothing of it is checked yet. */
export type Answers<Kind extends string> = Readonly<
  Record<Kind, (from: string, body: Partial<Record<string, unknown>>) => unknown>
>;
