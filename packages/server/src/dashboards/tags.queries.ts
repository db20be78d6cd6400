/** Statements on the counts of tags, which this folder owns. Written in the transaction that stores the events. */
import type { Database } from "../db/database.ts";
import type { Transaction } from "../db/transaction.ts";
import { OTHER_VALUES, OWN_KEYS_MAX, VALUES_PER_HOUR_MAX, VALUES_PER_ISSUE_MAX } from "./counted-tags.ts";

export interface TagKey {
  readonly projectId: string;
  readonly key: string;
}

/**
 * Which of these keys of projects' own are counted. Keys never seen are taken as long as their project has room; batches
 * that take the last ones at the same moment may exceed it by theirs.
 */
export async function admitTagKeys(tx: Transaction, keys: readonly TagKey[]): Promise<TagKey[]> {
  const { rows } = await tx.query<{ project_id: string; key: string }>({
    name: "tags.admit_keys",
    text: `
      with incoming as (
        select * from unnest($1::uuid[], $2::text[]) as t (project_id, key)
      ), newcomers as (
        select project_id, key, row_number() over (partition by project_id order by key) as rank
        from incoming i
        where not exists (select from tag_keys k where k.project_id = i.project_id and k.key = i.key)
      ), admitted as (
        insert into tag_keys (project_id, key)
        select project_id, key from newcomers n
        where rank <= $3 - (select count(*) from tag_keys k where k.project_id = n.project_id)
        order by 1, 2
        -- Not "nothing": a key that another batch takes at this moment is ours too.
        on conflict (project_id, key) do update set key = excluded.key
        returning project_id, key
      )
      select project_id, key from admitted
      union all
      select k.project_id, k.key from incoming i join tag_keys k on k.project_id = i.project_id and k.key = i.key`,
    values: [keys.map(({ projectId }) => projectId), keys.map(({ key }) => key), OWN_KEYS_MAX],
  });
  return rows.map((row) => ({ projectId: row.project_id, key: row.key }));
}

/** Which of these keys are among a project's own that are counted. */
export async function listCountedKeys(
  database: Database,
  projectId: string,
  keys: readonly string[],
): Promise<Set<string>> {
  const { rows } = await database.query<{ key: string }>({
    name: "tags.list_counted_keys",
    text: "select key from tag_keys where project_id = $1 and key = any($2::text[])",
    values: [projectId, keys],
  });
  return new Set(rows.map(({ key }) => key));
}

/** A project's own keys that are counted. */
export async function listOwnKeys(database: Database, projectId: string): Promise<string[]> {
  const { rows } = await database.query<{ key: string }>({
    name: "tags.list_own_keys",
    text: "select key from tag_keys where project_id = $1 order by key",
    values: [projectId],
  });
  return rows.map(({ key }) => key);
}

/** The most frequent values of a key that begin with a text in small letters. */
export async function suggestValues(
  database: Database,
  projectId: string,
  wanted: { readonly key: string; readonly prefix: string; readonly since: Date; readonly limit: number },
): Promise<{ value: string; count: number }[]> {
  const { rows } = await database.query<{ value: string; count: number }>({
    name: "tags.suggest_values",
    text: `
      select value, sum(count)::bigint as count from tag_counts
      where project_id = $1 and key = $2 and hour >= $3 and value <> $4 and starts_with(lower(value), $5)
      group by value order by sum(count) desc, value limit $6`,
    values: [projectId, wanted.key, wanted.since, OTHER_VALUES, wanted.prefix, wanted.limit],
  });
  return rows;
}

/** Whose tags are counted: an issue's, or those of a project's hour. */
export interface TagOwner {
  readonly projectId: string;
  /** The issue's id, or the beginning of the hour (ISO 8601). */
  readonly id: string;
}

/** How often a key had a value. */
export interface TagCount {
  readonly owner: TagOwner;
  readonly key: string;
  readonly value: string;
  readonly count: number;
}

/** Each value of a project's key in an hour once. */
export async function addTagCounts(tx: Transaction, counts: readonly TagCount[]): Promise<void> {
  await addCounts(tx, TAG_COUNTS, counts);
}

/** Each value of an issue's key once. */
export async function addIssueTags(tx: Transaction, counts: readonly TagCount[]): Promise<void> {
  await addCounts(tx, ISSUE_TAGS, counts);
}

interface CountTable {
  readonly name: string;
  /** The column beside project and key, and its type. */
  readonly of: string;
  readonly type: string;
  readonly primaryKey: string;
  readonly valuesMax: number;
}

const TAG_COUNTS: CountTable = {
  name: "tag_counts",
  of: "hour",
  type: "timestamptz",
  primaryKey: "project_id, key, hour, value",
  valuesMax: VALUES_PER_HOUR_MAX,
};
const ISSUE_TAGS: CountTable = {
  name: "issue_tags",
  of: "issue_id",
  type: "uuid",
  primaryKey: "project_id, issue_id, key, value",
  valuesMax: VALUES_PER_ISSUE_MAX,
};

/**
 * Values that have a row of their own, as far as this thread knows: they need not be looked for. A row may be gone, or its
 * transaction rolled back; then there is one more than the maximum, once.
 */
const knownValues = new Set<string>();
const KNOWN_VALUES_MAX = 30_000;

async function addCounts(tx: Transaction, table: CountTable, counts: readonly TagCount[]): Promise<void> {
  const { names, isNew, values } = columnsOf(counts);
  if (!isNew.includes(true)) {
    await tx.query({ name: `tags.count_in_${table.name}`, text: countKnown(table), values });
    return;
  }
  const { rows } = await tx.query<{ index: number }>({
    name: `tags.admit_to_${table.name}`,
    text: countAndAdmit(table),
    values: [...values, isNew, table.valuesMax, OTHER_VALUES],
  });
  const refused = new Set(rows.map(({ index }) => index - 1));
  // Starting over is simpler than evicting one by one and, at this size, as good.
  if (knownValues.size + counts.length > KNOWN_VALUES_MAX) knownValues.clear();
  for (const [index, name] of names.entries()) if (!refused.has(index)) knownValues.add(name);
}

interface Columns {
  /** No other value has the same. */
  readonly names: readonly string[];
  readonly isNew: readonly boolean[];
  /** As the statements take them. */
  readonly values: readonly (readonly (string | number)[])[];
}

/** In one loop: thousands with every batch. */
function columnsOf(counts: readonly TagCount[]): Columns {
  const names: string[] = [];
  const projectIds: string[] = [];
  const keys: string[] = [];
  const ids: string[] = [];
  const values: string[] = [];
  const isNew: boolean[] = [];
  const sums: number[] = [];
  for (const { owner, key, value, count } of counts) {
    const name = `${owner.projectId}/${owner.id}/${key}/${value}`;
    names.push(name);
    isNew.push(!knownValues.has(name));
    projectIds.push(owner.projectId);
    keys.push(key);
    ids.push(owner.id);
    values.push(value);
    sums.push(count);
  }
  return { names, isNew, values: [projectIds, keys, ids, values, sums] };
}

/** In one order everywhere, so that two transactions never wait for each other; so it is below. */
const countKnown = ({ name, of, type, primaryKey }: CountTable) => `
  insert into ${name} as c (${primaryKey}, count)
  select ${primaryKey}, count
  from unnest($1::uuid[], $2::text[], $3::${type}[], $4::text[], $5::bigint[]) as t (project_id, key, ${of}, value, count)
  order by ${primaryKey}
  on conflict (${primaryKey}) do update set count = c.count + excluded.count`;

/**
 * A value that has no row yet gets one only as long as its key has less than the maximum; then it is counted with the
 * others. Tells which these are, by their places, from 1.
 */
const countAndAdmit = ({ name, of, type, primaryKey }: CountTable) => `
  with incoming as (
    select * from unnest($1::uuid[], $2::text[], $3::${type}[], $4::text[], $5::bigint[], $6::boolean[])
      with ordinality as t (project_id, key, ${of}, value, count, is_new, index)
  ), newcomers as (
    select i.*, row_number() over (partition by project_id, key, ${of} order by count desc, value) as rank
    from incoming i
    where is_new and not exists (
      select from ${name} c
      where c.project_id = i.project_id and c.${of} = i.${of} and c.key = i.key and c.value = i.value)
  ), room as (
    select k.*, $7 - (
      select count(*) from ${name} c where c.project_id = k.project_id and c.${of} = k.${of} and c.key = k.key
    ) as room
    from (select distinct project_id, key, ${of} from newcomers) k
  ), refused as materialized (
    select index from newcomers join room using (project_id, key, ${of}) where rank > room
  ), counted as (
    insert into ${name} as c (${primaryKey}, count)
    select ${primaryKey}, sum(count)
    from (
      select project_id, key, ${of}, case when r.index is null then i.value else $8 end as value, i.count
      from incoming i left join refused r using (index)
    ) named
    group by ${primaryKey}
    order by ${primaryKey}
    on conflict (${primaryKey}) do update set count = c.count + excluded.count
  )
  select index from refused`;

/** Counts for one id what is counted for another: for the share of a fingerprint, all that its issue has. */
export async function copyIssueTags(
  tx: Transaction,
  projectId: string,
  copies: readonly { readonly fromId: string; readonly toId: string }[],
): Promise<void> {
  await tx.query({
    name: "tags.copy_issue_tags",
    text: `
      insert into issue_tags (project_id, issue_id, key, value, count)
      select t.project_id, k.to_id, t.key, t.value, t.count
      from unnest($2::uuid[], $3::uuid[]) as k (from_id, to_id)
      join issue_tags t on t.project_id = $1 and t.issue_id = k.from_id`,
    values: [projectId, copies.map(({ fromId }) => fromId), copies.map(({ toId }) => toId)],
  });
}

/** Makes the tags of an issue the sums of these shares. It has none before. */
export async function sumIssueTags(
  tx: Transaction,
  projectId: string,
  issueId: string,
  shareIds: readonly string[],
): Promise<void> {
  await tx.query({
    name: "tags.sum_issue_tags",
    text: `
      insert into issue_tags (project_id, issue_id, key, value, count)
      select project_id, $2, key, value, sum(count) from issue_tags
      where project_id = $1 and issue_id = any($3::uuid[])
      group by project_id, key, value`,
    values: [projectId, issueId, shareIds],
  });
}

export async function deleteIssueTags(tx: Transaction, projectId: string, issueIds: readonly string[]): Promise<void> {
  await tx.query({
    name: "tags.delete_issue_tags",
    text: "delete from issue_tags where project_id = $1 and issue_id = any($2::uuid[])",
    values: [projectId, issueIds],
  });
}
