/** What signing in is told, and what others need to know of it. */
import type { Database } from "../db/database.ts";

/** Where better-auth's routes begin. */
export const AUTH_PATH = "/api/v1/auth";

export const PASSWORD_LENGTH_MIN = 10;
/** Hashing costs by the byte; more than this is no password any more. */
export const PASSWORD_LENGTH_MAX = 200;

/** The header in which api/sign-in.ts tells the client's address, as the server knows it. */
export const CLIENT_ADDRESS_HEADER = "x-mesher-client-address";

export const OIDC_PROVIDER = "oidc";
/** better-auth's name for signing in by password. */
export const PASSWORD_PROVIDER = "credential";

export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export interface AuthOptions {
  readonly database: Database;
  /** Signs cookies, encrypts the secrets of second factors. */
  readonly secret: string;
  /** Where people reach the server; absent: wherever they ask for it. */
  readonly publicUrl: string | undefined;
  readonly oidc: OidcSettings | undefined;
  /** Whether somebody whom the OIDC provider knows and we do not may come in. */
  readonly mayJoin: (email: string) => Promise<boolean>;
  /** A sign-in by OIDC has succeeded. */
  readonly onOidcSignIn: (userId: string) => Promise<void>;
  readonly log: (message: string) => void;
}
