import type { KeyboardEvent } from "react";

/** The key is for the input method, as Enter that takes a word in Japanese: it says nothing about what is typed as a whole. */
export function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  // Safari tells of such an Enter after the composition has ended; the number is all that it says of it.
  return nativeEvent.isComposing || nativeEvent.keyCode === 229;
}
