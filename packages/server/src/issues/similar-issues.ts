/** Issues that look like another one: they may be the same problem, to be merged. */
import type { Database } from "../db/database.ts";
import type { IssueKey } from "./issues.queries.ts";

const SIMILAR_MAX = 5;

/** Issues that share a word with it, of which the most similar are chosen: those seen last. */
const CANDIDATES_MAX = 500;

/** Words of a title that are compared. */
const WORDS_MAX = 24;

/** How much of two titles' words must be the same, from 0 to 1. */
const LIKENESS_MIN = 0.4;

/** The first word, which is the type of an exception, counts as much as this many others. */
const FIRST_WORD_WEIGHT = 2;

export interface SimilarIssue {
  readonly id: string;
  readonly number: number;
  readonly title: string;
  readonly likeness: number;
}

/** The most similar first. Statuses do not matter: it may have been resolved, or discarded, under another name. */
export async function findSimilarIssues(
  database: Database,
  { projectId, issueId }: IssueKey,
  title: string,
): Promise<SimilarIssue[]> {
  const words = titleWords(title);
  if (words.length === 0) return [];
  const { rows } = await database.query<{ id: string; number: number; title: string }>({
    // Without a name, so that it is planned for these words: common ones are met along the numbers, rare ones in their index.
    text: `
      select i.id, i.number, i.title
      from issues i
      where i.project_id = $1 and i.id <> $2
        and i.title_words && $3::text[]
      order by i.number desc
      limit $4`,
    values: [projectId, issueId, words, CANDIDATES_MAX],
  });
  return rows
    .map((row) => ({ ...row, likeness: likenessOf(words, titleWords(row.title)) }))
    .filter(({ likeness }) => likeness >= LIKENESS_MIN)
    .toSorted((a, b) => b.likeness - a.likeness || b.number - a.number)
    .slice(0, SIMILAR_MAX);
}

/** As `title_words` of `issues` are split. Single letters and numbers say nothing. */
export function titleWords(title: string): string[] {
  const words = title
    .slice(0, 200)
    .toLowerCase()
    .split(/[^a-z0-9_]+/)
    .filter((word) => word.length > 1 && !/^\d+$/.test(word));
  return [...new Set(words)].slice(0, WORDS_MAX);
}

/** The weight of the words that both have, of that of all they have. */
export function likenessOf(a: readonly string[], b: readonly string[]): number {
  const weightOf = (word: string) => (word === a[0] || word === b[0] ? FIRST_WORD_WEIGHT : 1);
  const sum = (words: Iterable<string>) => [...words].reduce((total, word) => total + weightOf(word), 0);
  const all = new Set([...a, ...b]);
  return all.size === 0 ? 0 : sum(a.filter((word) => b.includes(word))) / sum(all);
}
