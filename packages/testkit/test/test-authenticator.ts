/** What keeps passkeys, as WebAuthn Level 3 has it: makes a key for a site, and signs the site's challenges with it. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/** Bits of the authenticator data. */
const PERSON_PRESENT = 0x01;
const PERSON_VERIFIED = 0x04;
const HAS_CREDENTIAL = 0x40;

const AAGUID_BYTES = 16;

export interface Challenge {
  readonly challenge: string;
}

export class TestAuthenticator {
  /** Whether it asks for a PIN, a finger or a face before it signs. */
  verifies = true;
  readonly #origin: string;
  readonly #credentialId = randomBytes(16);
  readonly #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  #counter = 0;

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** The answer to options of `navigator.credentials.create`. */
  register({ challenge }: Challenge) {
    const data = this.#authenticatorData(HAS_CREDENTIAL, this.#credential());
    const attestationObject = cborMap([
      [cborText("fmt"), cborText("none")],
      [cborText("attStmt"), cborMap([])],
      [cborText("authData"), cborBytes(data)],
    ]);
    return this.#answer({
      clientDataJSON: this.#clientData("webauthn.create", challenge).toString("base64url"),
      attestationObject: attestationObject.toString("base64url"),
      transports: ["internal"],
    });
  }

  /** The answer to options of `navigator.credentials.get`. */
  sign({ challenge }: Challenge) {
    const data = this.#authenticatorData(0);
    const clientData = this.#clientData("webauthn.get", challenge);
    const signature = sign("sha256", Buffer.concat([data, sha256(clientData)]), this.#keys.privateKey);
    return this.#answer({
      clientDataJSON: clientData.toString("base64url"),
      authenticatorData: data.toString("base64url"),
      signature: signature.toString("base64url"),
    });
  }

  #answer<Response>(response: Response) {
    const id = this.#credentialId.toString("base64url");
    return { id, rawId: id, type: "public-key", clientExtensionResults: {}, response };
  }

  #clientData(type: string, challenge: string): Buffer {
    return Buffer.from(JSON.stringify({ type, challenge, origin: this.#origin, crossOrigin: false }));
  }

  #authenticatorData(flags: number, credential: Buffer = Buffer.alloc(0)): Buffer {
    this.#counter += 1;
    const head = Buffer.alloc(5);
    head.writeUInt8(flags | PERSON_PRESENT | (this.verifies ? PERSON_VERIFIED : 0), 0);
    head.writeUInt32BE(this.#counter, 1);
    return Buffer.concat([sha256(Buffer.from(new URL(this.#origin).hostname)), head, credential]);
  }

  #credential(): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.#credentialId.length);
    return Buffer.concat([Buffer.alloc(AAGUID_BYTES), length, this.#credentialId, coseKey(this.#keys.publicKey)]);
  }
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}

/** ES256 on P-256: key type 2, algorithm -7, curve 1, and the point. */
function coseKey(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  return cborMap([
    [Buffer.from([0x01]), Buffer.from([0x02])],
    [Buffer.from([0x03]), Buffer.from([0x26])],
    [Buffer.from([0x20]), Buffer.from([0x01])],
    [Buffer.from([0x21]), cborBytes(Buffer.from(x, "base64url"))],
    [Buffer.from([0x22]), cborBytes(Buffer.from(y, "base64url"))],
  ]);
}

/** CBOR of what is short: texts and maps of less than 24, bytes of less than 256. */
const cborText = (text: string) => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);
const cborBytes = (bytes: Buffer) => Buffer.concat([Buffer.from([0x58, bytes.length]), bytes]);
const cborMap = (entries: readonly (readonly [Buffer, Buffer])[]) =>
  Buffer.concat([Buffer.from([0xa0 + entries.length]), ...entries.flat()]);
