import type { ApiSignInOptions } from "@mesher/protocol";

/** Where the page is shown, as far as passkeys are concerned. */
export interface Place {
  readonly hostname: string;
  readonly hasPasskeys: boolean;
}

export function currentPlace(): Place {
  // Browsers have this only where the connection is secure.
  return { hostname: location.hostname, hasPasskeys: "PublicKeyCredential" in globalThis };
}

/** Why there can be no passkeys here, as a sentence; `undefined`: there can. */
export function passkeyObstacle({ passkey_host: host }: ApiSignInOptions, place: Place): string | undefined {
  if (host === null) return "Passkeys need https and a host name, and the address of this server has not both.";
  if (place.hostname !== host && !place.hostname.endsWith(`.${host}`))
    return `Passkeys of this server work at ${host} only, and you are at ${place.hostname}.`;
  return place.hasPasskeys ? undefined : "This browser has no passkeys.";
}
