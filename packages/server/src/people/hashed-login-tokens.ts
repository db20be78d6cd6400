/**
 * better-auth keeps the token of a login's cookie as it is. Here it passes a layer that keeps the hash instead, so that
 * whoever reads the database, or a backup of it, cannot take over a login.
 */
import { createHash } from "node:crypto";
import type { DBAdapter, Where } from "better-auth";

type TransactionAdapter = Parameters<Parameters<DBAdapter["transaction"]>[0]>[0];
type Rows = Omit<TransactionAdapter, "id" | "options" | "createSchema">;

/** The model's name in better-auth; its table is `logins`. */
const LOGIN = "session";

export function hashLoginTokens(adapter: DBAdapter): DBAdapter {
  return {
    ...adapter,
    ...rowsWithHashes(adapter),
    transaction: (work) => adapter.transaction((tx) => work({ ...tx, ...rowsWithHashes(tx) })),
  };
}

/** Tokens go in as hashes; of a row that was found by its token, the token comes out again. */
function rowsWithHashes(rows: Rows): Rows {
  return {
    create: async <Data extends Record<string, unknown>, Row>(call: CreateCall<Data>) => {
      if (call.model !== LOGIN) return rows.create<Data, Row>(call);
      const created = await rows.create<Data, Row>({ ...call, data: withHash(call.data) as typeof call.data });
      return { ...created, token: (call.data as { token?: unknown }).token };
    },
    findOne: async <Row>(call: FindCall) => {
      const found = await rows.findOne<Row>(hashedWhere(call));
      return found === null ? null : withTokens(call, [found])[0];
    },
    findMany: async <Row>(call: FindCall) => withTokens(call, await rows.findMany<Row>(hashedWhere(call))),
    count: (call) => rows.count(hashedWhere(call)),
    update: async <Row>(call: UpdateCall) => {
      const changed = await rows.update<Row>(hashedUpdate(call));
      return changed === null ? null : withTokens(call, [changed])[0];
    },
    updateMany: (call) => rows.updateMany(hashedUpdate(call)),
    delete: (call) => rows.delete(hashedWhere(call)),
    deleteMany: (call) => rows.deleteMany(hashedWhere(call)),
    consumeOne: (call) => rows.consumeOne(hashedWhere(call)),
    incrementOne: (call) => rows.incrementOne(hashedWhere(call)),
    // Each is generic over rows that only its caller knows: what goes through is what came, but for the token.
  } as Rows;
}

interface Call {
  readonly model: string;
  readonly where?: Where[] | undefined;
}

type CreateCall<Data> = { model: string; data: Omit<Data, "id"> };
type FindCall = { model: string; where: Where[] };
type UpdateCall = { model: string; where: Where[]; update: Record<string, unknown> };

function hashedUpdate(call: UpdateCall): UpdateCall {
  const hashed = hashedWhere(call);
  return call.model === LOGIN ? { ...hashed, update: withHash(call.update) } : hashed;
}

function hashedWhere<C extends Call>(call: C): C {
  if (call.model !== LOGIN || call.where === undefined) return call;
  return { ...call, where: call.where.map(hashedCondition) };
}

function hashedCondition(condition: Where): Where {
  if (condition.field !== "token") return condition;
  const { value } = condition;
  return {
    ...condition,
    value: Array.isArray(value) ? value.map((each) => hashOf(String(each))) : hashOf(String(value)),
  };
}

function withHash(data: Record<string, unknown>): Record<string, unknown> {
  return typeof data["token"] === "string" ? { ...data, token: hashOf(data["token"]) } : data;
}

/** A row that was not asked for by token shows none: a hash opens nothing. */
function withTokens<Row>({ model, where = [] }: Call, found: Row[]): Row[] {
  if (model !== LOGIN) return found;
  const asked = where.filter(({ field }) => field === "token").flatMap(({ value }) => value as string | string[]);
  const tokens = new Map(asked.map((token) => [hashOf(token), token]));
  return found.map((row) => {
    const { token } = row as { token?: unknown };
    return typeof token === "string" ? { ...row, token: tokens.get(token) ?? "" } : row;
  });
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
