import type { KeyboardEvent } from "react";

/** The key is for the input method, as Enter that takes a word in Japanese: it says nothing about what is typed as a whole. */
export function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing;
}
