import { isJsonObject, type JsonObject } from "./json.ts";
import { MESSAGE_LENGTH_MAX } from "./limits.ts";
import { toText } from "./text.ts";

/**
 * The message with its placeholders filled in, or `undefined` when they do not fit the parameters.
 * Knows `%s`, `%d`, `%(name)s` and the like (Python, PHP, Ruby), and `{}`, `{0}`, `{name}` (Java, .NET, Python).
 * As in relay, a message with a `%` is of the first kind.
 */
export function formatMessage(message: string, params: unknown): string | undefined {
  if (!Array.isArray(params) && !isJsonObject(params)) return undefined;
  const placeholder = message.includes("%") ? PERCENT : message.includes("{") ? CURLY : undefined;
  return placeholder === undefined ? undefined : fillIn(message, placeholder, params);
}

/** `%%`, or a name, then flags, width and precision, then the kind. */
const PERCENT = /%(?:(%)|(?:\(([^)]{1,100})\))?[-+ #0]{0,5}\d{0,3}(?:\.\d{1,3})?[sdifFeEgGxXourcaj])/g;
/** `{{` or `}}`, or a name or an index, then a format. */
const CURLY = /(\{\{|\}\})|\{([^{}:]{0,100})(?::[^{}]{0,50})?\}/g;

function fillIn(message: string, placeholder: RegExp, params: readonly unknown[] | JsonObject): string | undefined {
  let next = 0;
  let isFilled = true;
  let length = 0;
  const filled = message.replaceAll(placeholder, (_, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined) return escaped.charAt(0);
    // What comes later is cut off anyway, and a thousand times a long parameter is too much to make.
    if (length > MESSAGE_LENGTH_MAX) return "";
    const key = name === undefined || name === "" ? next++ : name;
    const param = paramText(params, key);
    length += param?.length ?? 0;
    isFilled &&= param !== undefined;
    return param ?? "";
  });
  return isFilled && filled !== message ? filled : undefined;
}

function paramText(params: readonly unknown[] | JsonObject, key: string | number): string | undefined {
  if (!Object.hasOwn(params, key)) return undefined;
  const param = (params as JsonObject)[key];
  return toText(param) ?? JSON.stringify(param);
}
