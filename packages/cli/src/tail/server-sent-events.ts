/** The part of an event stream that Mesher sends. https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream */

/** Characters of one message. */
const MESSAGE_LENGTH_MAX = 1024 * 1024;

/** The stream is none that Mesher sends. */
export class EventStreamError extends Error {
  override readonly name = "EventStreamError";
}

/** The data of each event. Comments, which only show that the server lives, come as `undefined`. */
export async function* readEventStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string | undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MESSAGE_LENGTH_MAX) throw new EventStreamError("a line of the stream is too long");
    for (const line of lines) {
      if (line.startsWith("data: ")) data.push(line.slice("data: ".length));
      else if (line.startsWith(":")) yield undefined;
      else if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      }
    }
  }
}
