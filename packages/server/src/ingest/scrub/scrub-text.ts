import { SCRUBBED, type ScrubRule } from "@mesher/protocol";
import { replaceCardNumbers } from "./card-number.ts";
import { type IsSecret, replaceAssignedSecrets, replaceQuotedSecrets } from "./text-pairs.ts";
import { replaceUrlPasswords } from "./url-password.ts";

export interface ScrubbedText {
  readonly text: string;
  /** The first that found something. */
  readonly rule: ScrubRule;
}

/** A replacement may make something beside it look like a secret, so what was changed is looked through again. */
const ROUNDS_MAX = 4;

/** The text without secrets, or `undefined` when there are none. Values behind names in the text are judged by those names. */
export function scrubText(text: string, isSecret: IsSecret): ScrubbedText | undefined {
  let scrubbed: ScrubbedText | undefined;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const once = scrubOnce(scrubbed?.text ?? text, isSecret);
    if (once === undefined) break;
    scrubbed = { text: once.text, rule: scrubbed?.rule ?? once.rule };
  }
  return scrubbed;
}

function scrubOnce(text: string, isSecret: IsSecret): ScrubbedText | undefined {
  const signs = signsIn(text);
  if (signs === 0) return undefined;
  let after = text;
  let rule: ScrubRule | undefined;
  const apply = (name: ScrubRule, replaced: string) => {
    if (replaced !== after) rule ??= name;
    after = replaced;
  };
  if ((signs & DASH) !== 0 && text.includes("PRIVATE KEY-----")) {
    apply("private_key", after.replace(PRIVATE_KEY, SCRUBBED));
  }
  if ((signs & J) !== 0) apply("token", after.replace(WEB_TOKEN, SCRUBBED));
  if ((signs & B) !== 0 && (text.includes("earer ") || text.includes("asic "))) {
    apply("token", after.replace(SCHEME_TOKEN, replaceSchemeToken));
  }
  if ((signs & COLON) !== 0) apply("url_password", replaceUrlPasswords(after, SCRUBBED));
  if ((signs & QUOTE) !== 0 && (signs & (COLON | EQUALS)) !== 0) {
    apply("secret_field", replaceQuotedSecrets(after, isSecret, SCRUBBED));
  }
  if ((signs & EQUALS) !== 0) apply("secret_field", replaceAssignedSecrets(after, isSecret, SCRUBBED));
  if ((signs & CARD) !== 0) apply("card_number", replaceCardNumbers(after, SCRUBBED));
  return rule === undefined ? undefined : { text: after, rule };
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[^]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/g;
const SCHEME_TOKEN = /\b([Bb]earer|[Bb]asic)( {1,4})([\w.~+/=-]{8,})/g;
/** `eyJ` is how the base64 of a JSON object begins. */
const WEB_TOKEN = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g;

/** "Basic authentication" is no secret: what has neither a digit nor the length of one is a word. */
function replaceSchemeToken(found: string, scheme: string, space: string, token: string): string {
  return /[\d=]/.test(token) || token.length >= TOKEN_LENGTH_MIN ? `${scheme}${space}${SCRUBBED}` : found;
}
const TOKEN_LENGTH_MIN = 32;

const COLON = 1;
const EQUALS = 2;
const QUOTE = 4;
const DASH = 8;
const B = 16;
const J = 32;
const CARD = 64;
/** The highest bit of a byte, so that shifting it down counts digits. */
const DIGIT = 128;

/** Of the shortest card number. */
const CARD_DIGITS_MIN = 13;

/** What a character can be the sign of, by the lower seven bits of its code. */
const SIGNS = new Uint8Array(128);
for (const [characters, sign] of [
  [":", COLON],
  ["=", EQUALS],
  ["\"'", QUOTE],
  ["-", DASH],
  ["Bb", B],
  ["J", J],
  ["0123456789", DIGIT],
] as const) {
  for (const character of characters) SIGNS[character.charCodeAt(0)] = sign;
}

/**
 * Which rules a text can concern at all: most concern none. Every character of every event is looked at here, so it is one
 * look and no branch: characters beyond ASCII may be taken for others, which only costs time.
 */
function signsIn(text: string): number {
  let signs = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const sign = SIGNS[text.charCodeAt(index) & 127] as number;
    signs |= sign;
    digits += sign >>> 7;
  }
  return (signs & (DIGIT - 1)) | (digits >= CARD_DIGITS_MIN ? CARD : 0);
}
