/** Somebody with a browser, as far as the API can tell: keeps cookies, and says which page a request comes from. */
import { expect } from "vitest";

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export class TestPerson {
  readonly url: string;
  readonly cookies = new Map<string, string>();
  /** Of the page; `undefined`: the browser tells none. */
  origin: string | undefined;

  constructor(url: string) {
    this.url = url;
    this.origin = new URL(url).origin;
  }

  /** Somebody who has signed in; an error with the server's answer where it does not let them. */
  static async signedIn(url: string, email: string, password: string): Promise<TestPerson> {
    const person = new TestPerson(url);
    const { status, body } = await person.signIn(email, password);
    if (status !== 200) throw new Error(`${email} cannot sign in: ${status} ${JSON.stringify(body)}`);
    return person;
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  get<T = Record<string, unknown>>(path: string): Promise<Answer<T>> {
    return this.#send<T>("GET", path);
  }

  post<T = Record<string, unknown>>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return this.#send<T>("POST", path, body);
  }

  patch<T = Record<string, unknown>>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return this.#send<T>("PATCH", path, body);
  }

  signIn(email: string, password: string): Promise<Answer<Record<string, unknown>>> {
    return this.post("/api/v1/auth/sign-in/email", { email, password });
  }

  async #send<T>(method: string, path: string, body?: unknown): Promise<Answer<T>> {
    const response = await fetch(new URL(path, this.url), {
      method,
      redirect: "manual",
      headers: {
        ...(this.cookies.size > 0 && { cookie: this.cookieHeader }),
        ...(this.origin !== undefined && { origin: this.origin }),
        ...(body !== undefined && { "content-type": "application/json" }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: (text === "" ? {} : JSON.parse(text)) as T };
  }

  #keep(line: string): void {
    const [pair = "", ...attributes] = line.split("; ");
    const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const isOver = attributes.some((attribute) => /^max-age=0$/i.test(attribute));
    if (isOver) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

/** The token of a one-time link. */
export function tokenIn(link: string): string {
  const token = link.split("#")[1];
  expect(token).toMatch(/^mshr_[0-9a-f]{48}$/);
  return token ?? "";
}
