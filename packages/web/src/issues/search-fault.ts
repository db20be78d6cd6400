import { parseSearch, SearchQueryError, type SearchScope } from "@mesher/protocol";

export interface SearchFault {
  /** Where it is, from 0. */
  readonly at: number;
  readonly message: string;
}

/** Why a text is no search; undefined: it is one. */
export function searchFault(text: string, scope: SearchScope): SearchFault | undefined {
  try {
    parseSearch(text, scope);
    return undefined;
  } catch (error) {
    if (!(error instanceof SearchQueryError)) throw error;
    return { at: Math.max(0, error.column - 1), message: error.message };
  }
}
