/**
 * Digits as cards show them: in one piece, in fours, or as 4-6-4 and 4-6-5. Not within words, decimals and ids. Every
 * repetition is bounded, so that looking through a text takes time in proportion to it.
 */
const CANDIDATE =
  /(?<![A-Za-z0-9.-])(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?![A-Za-z0-9-])/g;

/** First digits of cards and how many digits these have. https://en.wikipedia.org/wiki/Payment_card_number */
const ISSUERS: readonly (readonly [prefix: RegExp, lengths: readonly number[]])[] = [
  [/^4/, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16]],
  [/^3[47]/, [15]],
  [/^(?:30[0-59]|3[689])/, [14, 16, 19]],
  [/^35(?:2[89]|[3-8])/, [16, 17, 18, 19]],
  [/^(?:6011|64[4-9]|65)/, [16, 19]],
  [/^62/, [16, 17, 18, 19]],
  [/^(?:5018|5020|5038|5893|6304|6759|676[1-3])/, [13, 14, 15, 16, 17, 18, 19]],
];

/** The text with every card number replaced. */
export function replaceCardNumbers(text: string, replacement: string): string {
  let kept = "";
  let from = 0;
  CANDIDATE.lastIndex = 0;
  for (let found = CANDIDATE.exec(text); found !== null; found = CANDIDATE.exec(text)) {
    const [candidate] = found;
    if (isCardNumber(candidate)) {
      kept += text.slice(from, found.index) + replacement;
      from = found.index + candidate.length;
    } else {
      // A card's number may begin within what looked like one.
      CANDIDATE.lastIndex = found.index + 1;
    }
  }
  return from === 0 ? text : kept + text.slice(from);
}

export function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, "");
  return (
    ISSUERS.some(([prefix, lengths]) => lengths.includes(digits.length) && prefix.test(digits)) && hasLuhnDigit(digits)
  );
}

/** Whether the last digit is the check digit of the others (ISO/IEC 7812-1). */
function hasLuhnDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - ZERO;
    const weighed = place % 2 === 0 ? digit : digit * 2;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}

const ZERO = 0x30;
