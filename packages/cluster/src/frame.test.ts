import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeHeader, FRAME_HEADER_BYTES, FrameError, FrameReader } from "./frame.ts";

const frameOf = (type: number, body: Uint8Array) => Buffer.concat([encodeHeader(type, body.length), body]);

const frames = fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 200 })), {
  maxLength: 12,
});

test("[C-29] frames come out as they went in, however the stream is cut", () => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sent, cuts) => {
      const stream = Buffer.concat(sent.map(([type, body]) => frameOf(type, body)));
      const reader = new FrameReader(300);
      const heard: [number, Uint8Array][] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = cuts[turn % cuts.length] ?? 1;
        reader.read(stream.subarray(at, at + size), (type, body) => heard.push([type, new Uint8Array(body)]));
        at += size;
      }
      expect(heard).toEqual(sent.map(([type, body]) => [type, new Uint8Array(body)]));
    }),
  );
});

test("[HAZARD-7] a frame too long is refused by its length alone, as is one without a type", () => {
  const tooLong = encodeHeader(16, 1024 ** 3).subarray(0, 4);
  expect(() => new FrameReader(16_384).read(tooLong, () => {})).toThrow(FrameError);
  expect(() => new FrameReader(16_384).read(Buffer.alloc(4), () => {})).toThrow(FrameError);
});

test("random bytes are frames or a FrameError, and nothing is kept beyond the limit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
      try {
        new FrameReader(100).read(Buffer.from(bytes), (_, body) => expect(body.length).toBeLessThan(100));
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError);
      }
    }),
  );
});

test("a frame of the longest length is taken", () => {
  const heard: number[] = [];
  new FrameReader(101).read(frameOf(5, new Uint8Array(100)), (_, body) => heard.push(body.length));
  expect(heard).toEqual([100]);
  expect(FRAME_HEADER_BYTES).toBe(5);
});
