/** `GET /api/v1/sign-in-options`: how somebody may sign in to this server, besides with a password. */
export interface ApiSignInOptions {
  /** An OpenID Connect provider is configured. */
  readonly single_sign_on: boolean;
  /** The name of the host at which browsers can use passkeys; null: the server's address is not of the kind they need. */
  readonly passkey_host: string | null;
}
