import { type Field, invalid, keepEnds, mapList, text } from "./fields.ts";
import { FINGERPRINT_PART_LENGTH_MAX, FINGERPRINT_PARTS_MAX } from "./limits.ts";
import { toText } from "./text.ts";

const part = text(FINGERPRINT_PART_LENGTH_MAX);

/** What the client wants its events grouped by. Numbers and booleans in it become texts; an empty one asks for nothing. */
export const fingerprint: Field = (value, pass) => {
  const list = Array.isArray(value) ? value : toText(value) === undefined ? undefined : [value];
  if (list === undefined) return invalid(value, pass);
  const parts = mapList(keepEnds(list, FINGERPRINT_PARTS_MAX, 0, pass), part, pass);
  return parts.every((each) => each === "") ? undefined : parts;
};
