import { type Event, type Frame, PLACES, type Stacktrace, tokenize, type Words } from "@mesher/protocol";
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
    lexemes.add(PLACES.message, type);
    lexemes.add(PLACES.message, module);
  }
  lexemes.add(PLACES.message, event.logentry?.formatted);
  lexemes.add(PLACES.message, event.logentry?.message);
  for (const { value } of exceptions.toReversed()) lexemes.add(PLACES.message, value);
  lexemes.add(PLACES.message, title);
  lexemes.add(PLACES.message, culprit);

  const frames = stacktraces(event).flatMap((stacktrace) => stacktrace?.frames.toReversed() ?? []);
  for (const frame of frames) if (frame.in_app === true) addFrame(frame, lexemes);
  for (const frame of frames) if (frame.in_app !== true) addFrame(frame, lexemes);
  return lexemes.words;
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

/** The names of functions, modules and files are the same in every event of a program. */
const nameLexemes = remember(tokenize);

/** A map of limited size, filled text by text. */
class Lexemes {
  readonly words = new Map<string, number>();
  /** Of each place. Frames of one file repeat its name. */
  readonly #texts = new Map<number, Set<string>>();

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
    const texts = this.#texts.get(place) ?? new Set();
    if (texts.size === 0) this.#texts.set(place, texts);
    else if (texts.has(text)) return true;
    texts.add(text);
    return false;
  }
}
