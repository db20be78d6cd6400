import { type Field, text } from "./fields.ts";
import { TEXT_LENGTH_MAX } from "./limits.ts";

const asText = text(TEXT_LENGTH_MAX);

/** A number or a text, as the platform has it: what an exception and its thread have in common. */
export const threadId: Field = (value, pass) => (typeof value === "number" ? value : asText(value, pass));
