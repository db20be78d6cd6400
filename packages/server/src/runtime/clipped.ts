/** A text of at most so many characters, the last of them an ellipsis when something is missing. Never half a character. */
export function clipped(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1).toWellFormed()}…`;
}
