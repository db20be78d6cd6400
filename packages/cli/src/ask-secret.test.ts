import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { askSecret } from "./ask-secret.ts";

const BACKSPACE = "\u007f";

test("a secret that is typed is read, corrected, and not shown", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = askSecret("Password: ", { input, output });
  for (const key of ["p", "ä", "x", BACKSPACE, "ss", "\r"]) input.write(key);
  expect(await asked).toBe("päss");
  output.end();
  expect(await text(output)).toBe("Password: \n");
});

test.each([
  ["Ctrl-C", (input: PassThrough) => input.write("half\u0003")],
  ["Ctrl-D", (input: PassThrough) => input.write("\u0004")],
  ["an input that ends", (input: PassThrough) => input.end("half")],
])("%s ends the question", async (_name, end) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const asked = askSecret("Password: ", { input, output });
  end(input);
  await expect(asked).rejects.toMatchObject({ name: "AbortError" });
});
