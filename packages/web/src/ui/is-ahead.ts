/** Whether a time is still to come; null: there is none. */
export function isAhead(at: string | null): boolean {
  return at !== null && Date.parse(at) > Date.now();
}
