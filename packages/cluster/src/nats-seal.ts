/**
 * What goes through a NATS server is sealed with keys that only those who know the cookie can have: the server, and who
 * else may listen there, sees random subjects, lengths and times.
 *
 * - A *note* begins something: who is there, a hello, its answer. Sealed with a key of the cookie and bound to its subject.
 * - A *letter* belongs to a link: sealed with a key of that link and direction, made from the cookie, both nodes' names,
 *   two random ids of this link, and a Diffie-Hellman exchange between this life of the one and that life of the other, so
 *   that a cookie that leaks later opens nothing that was recorded. Its number may be used once.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import type { PresharedKey } from "./cookie.ts";

const CIPHER = "aes-256-gcm";
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const LINK_ID_BYTES = 16;
const NUMBER_BYTES = 8;

/** The first byte of a message. */
const NOTE = 1;
const LETTER = 2;

const NOTE_HEADER_BYTES = 1 + NONCE_BYTES;
const LETTER_HEADER_BYTES = 1 + LINK_ID_BYTES + NUMBER_BYTES;

/** What sealing adds to a letter. */
export const LETTER_BYTES = LETTER_HEADER_BYTES + TAG_BYTES;

/** Those who know one cookie: where they meet, and how they seal their notes. */
export interface Realm {
  readonly key: PresharedKey;
  /** Prefix of all its subjects; tells nothing of the cookie. */
  readonly prefix: string;
  readonly noteKey: Buffer;
}

export function realmOf(key: PresharedKey): Realm {
  return { key, prefix: `mesher.${digest(key, "realm")}`, noteKey: derive(key.key, "", "note") };
}

/** Where a node is reached by its name. */
export function nameSubject({ key, prefix }: Realm, name: string): string {
  return `${prefix}.name.${digest(key, `name ${name}`)}`;
}

export function isLetter(message: Uint8Array): boolean {
  return message[0] === LETTER && message.length >= LETTER_BYTES;
}

export function sealNote({ noteKey }: Realm, subject: string, value: object): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const header = Buffer.concat([Buffer.of(NOTE), nonce]);
  return seal(noteKey, nonce, header, Buffer.from(subject), [Buffer.from(JSON.stringify(value))]);
}

/** Undefined: it was not sealed so, or not for this subject, or is not JSON. */
export function openNote({ noteKey }: Realm, subject: string, message: Buffer): unknown {
  if (message[0] !== NOTE || message.length < NOTE_HEADER_BYTES + TAG_BYTES) return undefined;
  const nonce = message.subarray(1, NOTE_HEADER_BYTES);
  const text = open(noteKey, nonce, NOTE_HEADER_BYTES, message, Buffer.from(subject));
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text.toString()) as unknown;
  } catch {
    return undefined;
  }
}

/** The half of every exchange that is this life's. */
export interface LifeKeys {
  readonly privateKey: KeyObject;
  /** As notes say it: base64url of its DER form. */
  readonly publicKey: string;
}

export function createLifeKeys(): LifeKeys {
  const { privateKey, publicKey } = generateKeyPairSync("x25519");
  return { privateKey, publicKey: publicKey.export({ type: "spki", format: "der" }).toString("base64url") };
}

export function createLinkId(): string {
  return randomBytes(LINK_ID_BYTES).toString("hex");
}

/** One end of a link that is being made. */
export interface LinkEnd {
  readonly name: string;
  /** Random, chosen by this end; letters to it begin with it. */
  readonly id: string;
  readonly publicKey: string;
}

export interface LinkSeal {
  readonly sending: Seal;
  readonly receiving: Seal;
}

/** Throws if `publicKey` of the other end is none. */
export function createLinkSeal(
  { key }: Realm,
  own: LinkEnd & Pick<LifeKeys, "privateKey">,
  other: LinkEnd,
  isCaller: boolean,
): LinkSeal {
  const der = Buffer.from(other.publicKey, "base64url");
  const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
  const shared = diffieHellman({ privateKey: own.privateKey, publicKey });
  const [caller, called] = isCaller ? [own, other] : [other, own];
  const ends = JSON.stringify([caller.name, caller.id, called.name, called.id]);
  const secret = Buffer.concat([key.key, shared]);
  const [toCalled, toCaller] = [derive(secret, ends, "to called"), derive(secret, ends, "to caller")];
  return {
    sending: new Seal(isCaller ? toCalled : toCaller, other.id),
    receiving: new Seal(isCaller ? toCaller : toCalled, own.id),
  };
}

/** Of one link in one direction. */
export class Seal {
  /** Of the last letter. */
  #number = 0n;
  readonly #key: Buffer;
  readonly #idBytes: Buffer;

  constructor(key: Buffer, id: string) {
    this.#key = key;
    this.#idBytes = Buffer.from(id, "hex");
  }

  seal(parts: readonly Buffer[]): Buffer {
    this.#number += 1n;
    const header = Buffer.allocUnsafe(LETTER_HEADER_BYTES);
    header[0] = LETTER;
    this.#idBytes.copy(header, 1);
    header.writeBigUInt64BE(this.#number, 1 + LINK_ID_BYTES);
    return seal(this.#key, nonceOf(this.#number), header, header, parts);
  }

  open(letter: Buffer): Buffer | "forged" | "replayed" {
    const number = letter.readBigUInt64BE(1 + LINK_ID_BYTES);
    const header = letter.subarray(0, LETTER_HEADER_BYTES);
    const text = open(this.#key, nonceOf(number), LETTER_HEADER_BYTES, letter, header);
    if (text === undefined) return "forged";
    if (number <= this.#number) return "replayed";
    this.#number = number;
    return text;
  }
}

/** Of the link that the letter is for. */
export function linkIdOf(letter: Buffer): string {
  return letter.toString("hex", 1, 1 + LINK_ID_BYTES);
}

function nonceOf(number: bigint): Buffer {
  const nonce = Buffer.alloc(NONCE_BYTES);
  nonce.writeBigUInt64BE(number, NONCE_BYTES - NUMBER_BYTES);
  return nonce;
}

function seal(key: Buffer, nonce: Buffer, header: Buffer, bound: Buffer, parts: readonly Buffer[]): Buffer {
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(bound);
  // One long update costs less than many short ones.
  const text = cipher.update(parts.length === 1 ? (parts[0] ?? header) : Buffer.concat(parts));
  cipher.final();
  return Buffer.concat([header, text, cipher.getAuthTag()]);
}

function open(key: Buffer, nonce: Buffer, headerBytes: number, message: Buffer, bound: Buffer): Buffer | undefined {
  const tagAt = message.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(bound).setAuthTag(message.subarray(tagAt));
  const text = decipher.update(message.subarray(headerBytes, tagAt));
  try {
    decipher.final();
    return text;
  } catch {
    // Node tells a wrong tag by throwing, and by nothing else.
    return undefined;
  }
}

function derive(secret: Buffer, ends: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", secret, "mesher/nats/v1", `${purpose} ${ends}`, KEY_BYTES));
}

function digest({ key }: PresharedKey, text: string): string {
  return createHmac("sha256", key).update(`mesher/nats/v1 ${text}`).digest("base64url").slice(0, 22);
}
