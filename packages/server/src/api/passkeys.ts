/** A person's passkeys: their names, and removing them. They are added, and sign in, by the routes of api/sign-in.ts. */
import type { ApiAffected, ApiPasskey } from "@mesher/protocol";
import { Type } from "typebox";
import { changePasskeyName, removePasskey } from "../organizations/audit-person.ts";
import { listPasskeys } from "../people/passkeys.queries.ts";
import { notFound } from "./api-error.ts";
import type { ApiDependencies, App } from "./dependencies.ts";
import { isUuid } from "./pages-of-lists.ts";

const PERSON = { config: { access: "person" } } as const;

export const PasskeyName = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const RenameBody = Type.Object({ name: PasskeyName });

interface PasskeyParams {
  readonly passkey: string;
}

export function registerPasskeyRoutes(app: App, deps: ApiDependencies): void {
  app.get("/api/v1/me/passkeys", PERSON, async (request): Promise<ApiPasskey[]> => {
    const { userId } = await deps.authenticatePerson(request);
    return (await listPasskeys(deps.database, userId)).map((passkey) => ({
      id: passkey.id,
      name: passkey.name,
      synced: passkey.isSynced,
      created_at: passkey.createdAt.toISOString(),
      last_used_at: passkey.lastUsedAt?.toISOString() ?? null,
    }));
  });

  app.patch<{ Params: PasskeyParams; Body: Type.Static<typeof RenameBody> }>(
    "/api/v1/me/passkeys/:passkey",
    { ...PERSON, schema: { body: RenameBody } },
    async (request): Promise<ApiAffected> => {
      const person = await deps.authenticatePerson(request);
      const { passkey: id } = request.params;
      const change = { id, name: request.body.name.trim() };
      if (!isUuid(id) || !(await changePasskeyName(deps.database, person, change))) throw notFound("passkey");
      return { status: "ok", affected: 1 };
    },
  );

  app.post<{ Params: PasskeyParams }>(
    "/api/v1/me/passkeys/:passkey/remove",
    PERSON,
    async (request): Promise<ApiAffected> => {
      const person = await deps.authenticatePerson(request);
      const { passkey: id } = request.params;
      if (!isUuid(id) || !(await removePasskey(deps.database, person, id))) throw notFound("passkey");
      return { status: "ok", affected: 1 };
    },
  );
}
