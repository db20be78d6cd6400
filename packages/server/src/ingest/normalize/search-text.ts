import { type Event, type Frame, type Stacktrace, tokenize } from "@mesher/protocol";
import { remember } from "../remember.ts";
import { LEXEMES_MAX, LEXEMES_PER_TEXT_MAX } from "./limits.ts";
import { eventCulprit, eventTitle } from "./title.ts";

/**
 * The lexemes by which an event is found: of its message, its exceptions, its title and culprit, and the functions, modules
 * and files of its stack traces, the application's own and those nearest to the failure first. No lexeme twice.
 */
export function searchText(event: Event): string[] {
  const lexemes = new Lexemes();
  const exceptions = event.exception?.values ?? [];
  for (const { type, module } of exceptions.toReversed()) {
    lexemes.add(type);
    lexemes.add(module);
  }
  lexemes.add(event.logentry?.formatted);
  lexemes.add(event.logentry?.message);
  for (const { value } of exceptions.toReversed()) lexemes.add(value);
  lexemes.add(eventTitle(event));
  lexemes.add(eventCulprit(event));

  const frames = stacktraces(event).flatMap((stacktrace) => stacktrace?.frames.toReversed() ?? []);
  for (const frame of frames) if (frame.in_app === true) addFrame(frame, lexemes);
  for (const frame of frames) if (frame.in_app !== true) addFrame(frame, lexemes);
  return lexemes.list();
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
  lexemes.add(frame.function, nameLexemes);
  lexemes.add(frame.module, nameLexemes);
  lexemes.add(frame.filename ?? frame.abs_path, nameLexemes);
}

/** The names of functions, modules and files are the same in every event of a program. */
const nameLexemes = remember(tokenize);

/** A set of limited size, filled text by text. */
class Lexemes {
  readonly #lexemes = new Set<string>();
  /** Frames of one file repeat its name. */
  readonly #texts = new Set<string>();

  add(text: string | undefined, split: (text: string) => string[] = tokenize): void {
    if (text === undefined || this.#lexemes.size >= LEXEMES_MAX || this.#texts.has(text)) return;
    this.#texts.add(text);
    const sizeMax = Math.min(this.#lexemes.size + LEXEMES_PER_TEXT_MAX, LEXEMES_MAX);
    for (const lexeme of split(text)) {
      if (this.#lexemes.size >= sizeMax) return;
      this.#lexemes.add(lexeme);
    }
  }

  list(): string[] {
    return [...this.#lexemes];
  }
}
