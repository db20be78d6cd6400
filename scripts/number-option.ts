const UNBOUNDED = Number.MAX_SAFE_INTEGER;

/** The number that an option of a script says. Throws a `RangeError` that names the option. */
export function numberOption(option: string, text: string, { min = 0, max = UNBOUNDED } = {}): number {
  const number = Number(text);
  if (text.trim() === "" || !(number >= min && number <= max))
    throw new RangeError(`${option} ${text}: expected a number from ${min}${max < UNBOUNDED ? ` to ${max}` : ""}`);
  return number;
}

/** The same of one without a fraction. */
export function wholeOption(option: string, text: string, { min = 0, max = UNBOUNDED } = {}): number {
  const number = numberOption(option, text, { min, max });
  if (!Number.isInteger(number)) throw new RangeError(`${option} ${text}: expected a whole number`);
  return number;
}
