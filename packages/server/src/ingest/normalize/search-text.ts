import {
  type Event,
  type Exception,
  type Frame,
  PLACES,
  type Stacktrace,
  tokenize,
  type Words,
} from "@mesher/protocol";
import { remember } from "../remember.ts";
import { LEXEMES_MAX, LEXEMES_PER_TEXT_MAX } from "./limits.ts";
import { type Headline, headlineOf } from "./title.ts";

/**
 * The lexemes by which an event is found, and where they stand: in its message, its exceptions, its title and culprit, and
 * in the functions, modules and files of its stack traces, the application's own and those nearest to the failure first.
 */
export function searchText(event: Event, { title, culprit }: Headline = headlineOf(event)): Words {
  const lexemes = new Lexemes();
  const exceptions = event.exception?.values ?? [];
  for (const { type, module } of exceptions.toReversed()) {
    lexemes.add(PLACES.message, type, nameLexemes);
    lexemes.add(PLACES.message, module, nameLexemes);
  }
  lexemes.add(PLACES.message, event.logentry?.formatted);
  lexemes.add(PLACES.message, event.logentry?.message);
  for (const { value } of exceptions.toReversed()) lexemes.add(PLACES.message, value);
  if (!saysTitle(exceptions.at(-1), title)) lexemes.add(PLACES.message, title);
  lexemes.add(PLACES.message, culprit, nameLexemes);

  const frames = stacktraces(event).flatMap((stacktrace) => stacktrace?.frames.toReversed() ?? []);
  for (const frame of frames) if (frame.in_app === true) addFrame(frame, lexemes);
  for (const frame of frames) if (frame.in_app !== true) addFrame(frame, lexemes);
  return lexemes.words;
}

/** Most titles are an exception's type and value, whose words are there by then: all of them, since a text has at most one lexeme more than characters. */
function saysTitle(exception: Exception | undefined, title: string): boolean {
  if (exception?.type === undefined || exception.value === undefined) return false;
  const { type, value } = exception;
  if (type.length >= LEXEMES_PER_TEXT_MAX || value.length >= LEXEMES_PER_TEXT_MAX) return false;
  return title.length === type.length + 2 + value.length && title === `${type}: ${value}`;
}

/** Threads that did not crash are only looked through for lack of anything better. */
function stacktraces(event: Event): readonly (Stacktrace | undefined)[] {
  const ofExceptions = (event.exception?.values ?? []).map(({ stacktrace }) => stacktrace).toReversed();
  const threads = event.threads?.values ?? [];
  const crashed = threads.filter((thread) => thread.crashed === true);
  return [
    ...ofExceptions,
    event.stacktrace,
    ...crashed.map(({ stacktrace }) => stacktrace),
    ...threads.map(({ stacktrace }) => stacktrace),
  ];
}

function addFrame(frame: Frame, lexemes: Lexemes): void {
  lexemes.add(PLACES.function, frame.function, nameLexemes);
  lexemes.add(PLACES.function, frame.module, nameLexemes);
  lexemes.add(PLACES.file, frame.filename ?? frame.abs_path, nameLexemes);
}

/** The names of types, functions, modules and files, and of transactions, are the same in every event of a program. */
const nameLexemes = remember(tokenize);

/** A map of limited size, filled text by text. */
class Lexemes {
  readonly words = new Map<string, number>();
  /** And the places they stood in. Frames of one file repeat its name. */
  readonly #texts = new Map<string, number>();

  add(place: number, text: string | undefined, split: (text: string) => string[] = tokenize): void {
    if (text === undefined || this.words.size >= LEXEMES_MAX || this.#isKnown(place, text)) return;
    const sizeMax = Math.min(this.words.size + LEXEMES_PER_TEXT_MAX, LEXEMES_MAX);
    for (const lexeme of split(text)) {
      if (this.words.size >= sizeMax) return;
      const places = this.words.get(lexeme) ?? 0;
      if ((places & place) === 0) this.words.set(lexeme, places | place);
    }
  }

  #isKnown(place: number, text: string): boolean {
    const places = this.#texts.get(text) ?? 0;
    if ((places & place) !== 0) return true;
    this.#texts.set(text, places | place);
    return false;
  }
}
