/** `GET /api/v1/me/passkeys`: a key by which its person signs in, kept by a device or a password manager. */
export interface ApiPasskey {
  readonly id: string;
  readonly name: string;
  /** On more than one device, by what keeps it. */
  readonly synced: boolean;
  readonly created_at: string;
  /** Null: not used to sign in yet. */
  readonly last_used_at: string | null;
}
