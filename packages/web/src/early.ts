/**
 * What `index.html` does before any other code is here: it begins to load what the page will need, code and answers, so that
 * they are on their way while the rest of the code is loaded and run. It only makes earlier what would be asked for anyway.
 */

/** Answers on their way, by address; `client.ts` takes them. */
export interface EarlyAnswers {
  /** With which they were asked for. */
  readonly token: string | null;
  readonly answers: Map<string, Promise<Response>>;
}

declare global {
  interface Window {
    mesherEarly?: EarlyAnswers;
  }
}

/**
 * Written into the page as its own text (`vite.config.ts`), so nothing outside of it is there. `chunksOf`: by the name of a page's
 * module, the files of its code that `index.html` does not name itself.
 */
export function beginEarly(chunksOf: Readonly<Record<string, readonly string[]>>): void {
  const path = location.pathname.slice(new URL(document.baseURI).pathname.length);
  const [, slug, place] = /^projects\/([^/]+)(?:\/(dashboard|live))?$/.exec(path) ?? [];
  const [, issue, event] = /^issues\/([^/]+)(?:\/events\/([^/]+))?$/.exec(path) ?? [];
  const ofIssue = issue === undefined ? undefined : event === undefined ? "issue" : "event";
  const page = path === "" ? "home" : slug === undefined ? ofIssue : (place ?? "issues");
  if (page === undefined) return;
  for (const chunk of chunksOf[`${page}-page`] ?? []) {
    const link = document.createElement("link");
    Object.assign(link, { rel: "modulepreload", crossOrigin: "", href: `./assets/${chunk}` });
    document.head.append(link);
  }

  // A token in the address is not taken yet, and a search is for the router to read.
  if (location.hash !== "" || location.search !== "") return;
  const token = localStorage.getItem("mesher-token");
  const answers = new Map<string, Promise<Response>>();
  const ask = (address: string) => {
    const url = new URL(`api/v1/${address}`, document.baseURI).href;
    const headers = { accept: "application/json", ...(token !== null && { authorization: `Bearer ${token}` }) };
    const answer = fetch(url, { headers });
    // Whoever takes it hears of the failure.
    answer.catch(() => undefined);
    answers.set(url, answer);
  };
  const zone = encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone);
  ask(token === null ? "me" : "orgs");
  ask("projects");
  if (page === "home") ask(`overview?tz=${zone}`);
  if (page === "issues") ask(`projects/${slug}/issues?status=unresolved&stats=24h&tz=${zone}&limit=50`);
  if (issue !== undefined) ask(`issues/${issue}`);
  if (event !== undefined) ask(`events/${event}`);
  window.mesherEarly = { token, answers };
}
