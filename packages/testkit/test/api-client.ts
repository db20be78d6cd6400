/** The API of a server, as the holder of one token. For tests that look at statuses and refusals too. */
import type { Database } from "@mesher/server/testing";
import { TEST_TOKEN } from "../src/server-process.ts";

export interface Answered<T> {
  readonly status: number;
  readonly body: T;
}

export type ApiClient = <T = Record<string, unknown>>(
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE",
  path: string,
  body?: unknown,
) => Promise<Answered<T>>;

/** `path` is below `/api/v1/`. */
export function apiClient({ url }: { readonly url: string }, token = TEST_TOKEN): ApiClient {
  return async <T>(method: string, path: string, body?: unknown): Promise<Answered<T>> => {
    const response = await fetch(`${url}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  };
}

/** A token of another organization, which is made with it, or of a member of the default one. */
export async function insertToken(
  database: Database,
  { token, organization, role }: { token: string; organization: string; role: "owner" | "admin" | "member" },
): Promise<void> {
  await database.query({
    text: "insert into organizations (slug, name) values ($1, $1) on conflict (slug) do nothing",
    values: [organization],
  });
  await database.query({
    text: `insert into api_tokens (organization_id, token_sha256, label, role)
      select id, sha256($2::bytea), 'test', $3 from organizations where slug = $1`,
    values: [organization, Buffer.from(token), role],
  });
}
