import type { Exception, Frame, Stacktrace } from "@mesher/protocol";

/** A piece of a program's source, from which frames take the lines around them. */
export interface Source {
  readonly filename: string;
  readonly absPath: string;
  readonly module?: string;
  /** Number of the first line of `text`. */
  readonly firstLine: number;
  readonly text: string;
}

type Vars = Readonly<Record<string, unknown>>;

const CONTEXT_LINES = 5;

/** A frame of the shop's own code, at the line of the source that holds `at`. */
export function appFrame(source: Source, functionName: string, at: string, vars?: Vars): Frame {
  const lines = source.text.split("\n");
  const index = lines.findIndex((line) => line.includes(at));
  const line = lines[index];
  if (line === undefined) throw new RangeError(`${source.filename} has no line with ${at}`);
  return {
    function: functionName,
    filename: source.filename,
    abs_path: source.absPath,
    ...(source.module === undefined ? {} : { module: source.module }),
    lineno: source.firstLine + index,
    colno: line.indexOf(at) + 1,
    pre_context: lines.slice(Math.max(0, index - CONTEXT_LINES), index),
    context_line: line,
    post_context: lines.slice(index + 1, index + 1 + CONTEXT_LINES),
    in_app: true,
    ...(vars === undefined ? {} : { vars }),
  };
}

/** A frame of the shop's own code as a platform reports it that knows no source: compiled, or minified. */
export function compiledFrame(
  place: { readonly module?: string; readonly filename: string; readonly abs_path?: string },
  functionName: string,
  lineno: number,
  colno?: number,
): Frame {
  return { ...place, function: functionName, lineno, ...(colno === undefined ? {} : { colno }), in_app: true };
}

/** A frame of somebody else's code. */
export function libraryFrame(
  place: { readonly module?: string; readonly filename: string; readonly abs_path?: string },
  functionName: string,
  lineno: number,
): Frame {
  return { ...place, function: functionName, lineno, in_app: false };
}

/** Oldest call first, as everywhere on the wire. */
export function stack(...frames: readonly Frame[]): { readonly stacktrace: Stacktrace } {
  return { stacktrace: { frames } };
}

export function unhandled(type: string): Pick<Exception, "mechanism"> {
  return { mechanism: { type, handled: false } };
}

export function handled(type: string): Pick<Exception, "mechanism"> {
  return { mechanism: { type, handled: true } };
}

/**
 * Numbers the exceptions of a chain, cause first, as SDKs link them: the last is the root 0, and each is the cause of
 * its successor.
 */
export function causeChain(source: string, ...exceptions: readonly Exception[]): readonly Exception[] {
  return exceptions.map((exception, index) => {
    const id = exceptions.length - 1 - index;
    if (id === 0) {
      return { ...exception, mechanism: { type: "generic", handled: true, ...exception.mechanism, exception_id: 0 } };
    }
    return { ...exception, mechanism: { type: "chained", handled: true, source, exception_id: id, parent_id: id - 1 } };
  });
}
