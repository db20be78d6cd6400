import type { ApiProject, ApiSavedSearch } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useId, useState } from "react";
import { savedSearchesQuery, useSavedSearchOrders } from "../api/search-queries.ts";
import { sessionQuery } from "../api/session.ts";
import { Button, PrimaryButton } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { Field, inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { ISSUE_SORTS, type IssueSort, type IssuesSearch, wholeQueryOf } from "./issues-search.ts";

/** What many want to see first. */
const COMMON = [
  { name: "Assigned to me", query: "is:unresolved assigned:me" },
  { name: "Assigned to me or my teams", query: "is:unresolved assigned:[me, my_teams]" },
  { name: "For review", query: "is:for_review" },
  { name: "New in the last day", query: "is:unresolved firstSeen:-24h" },
  { name: "Regressed", query: "is:regressed" },
] as const;

/** Searches that were kept, for oneself or for everybody. */
export function SavedSearches({ project, search }: { project: ApiProject; search: IssuesSearch }) {
  const [isSaving, setSaving] = useState(false);
  const [isManaging, setManaging] = useState(false);
  const navigate = useNavigate({ from: "/projects/$slug" });
  const saved = useQuery(savedSearchesQuery(project.slug)).data ?? [];
  const mine = saved.filter(({ visibility }) => visibility === "private");
  const shared = saved.filter(({ visibility }) => visibility === "organization");
  const current = saved.find((each) => isCurrent(each, search));
  const open = (query: string, sort?: string) =>
    void navigate({ search: ({ stats }) => ({ query, sort: sortOf(sort), stats }) });
  const item = (each: ApiSavedSearch) => (
    <MenuItem key={each.id} isChosen={each === current} onSelect={() => open(each.query, each.sort)}>
      <span className="max-w-64 truncate" title={each.query}>
        {each.name}
      </span>
    </MenuItem>
  );
  return (
    <>
      <Menu
        label="Saved searches"
        button={<span className="max-w-32 truncate">{current?.name ?? "Saved"}</span>}
        align="end"
        tall
      >
        <Group title="Common">
          {COMMON.map(({ name, query }) => (
            <MenuItem
              key={query}
              isChosen={search.query === query && search.status === undefined}
              onSelect={() => open(query)}
            >
              {name}
            </MenuItem>
          ))}
        </Group>
        {mine.length > 0 && <Group title="Mine">{mine.map(item)}</Group>}
        {shared.length > 0 && <Group title="Everybody’s">{shared.map(item)}</Group>}
        <div className="mt-1 border-t pt-1">
          <MenuItem onSelect={() => setSaving(true)}>Save this search…</MenuItem>
          {saved.length > 0 && <MenuItem onSelect={() => setManaging(true)}>Rename or delete…</MenuItem>}
        </div>
      </Menu>
      {isSaving && <SaveDialog project={project} search={search} onClose={() => setSaving(false)} />}
      {isManaging && <ManageDialog searches={saved} onClose={() => setManaging(false)} />}
    </>
  );
}

function isCurrent(saved: ApiSavedSearch, search: IssuesSearch): boolean {
  const { query, status, level, sort = "last_seen", period } = search;
  return saved.query === query && saved.sort === sort && (status ?? level ?? period) === undefined;
}

/** What goes without saying stands in no address. */
function sortOf(sort: string | undefined): IssueSort | undefined {
  return sort !== undefined && sort !== "last_seen" && sort in ISSUE_SORTS ? (sort as IssueSort) : undefined;
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <div role="group" aria-labelledby={id} className="not-first:mt-1 not-first:border-t not-first:pt-1">
      <p id={id} className="px-2 py-0.5 text-[0.6875rem] text-faint">
        {title}
      </p>
      {children}
    </div>
  );
}

function SaveDialog(props: { project: ApiProject; search: IssuesSearch; onClose: () => void }) {
  const { project, search, onClose } = props;
  const orders = useSavedSearchOrders();
  // Whoever came with a token is nobody, and has no searches of their own.
  const isSomebody = useQuery(sessionQuery()).data?.user != null;
  const query = wholeQueryOf(search);
  return (
    <Dialog title="Save this search" onClose={onClose}>
      <code className="mt-2 block rounded-md bg-raised px-2.5 py-1.5 wrap-anywhere text-dim">{query}</code>
      <Form
        className="mt-3 space-y-3"
        onData={(data) => {
          const visibility = textOf(data, "visibility") === "organization" ? "organization" : "private";
          const kept = { name: textOf(data, "name"), query, sort: search.sort ?? "last_seen" };
          orders.mutate({ do: "create", search: { ...kept, visibility, project_id: project.id } });
          onClose();
        }}
      >
        <Field label="Name" name="name" required autoFocus maxLength={100} autoComplete="off" />
        <fieldset className="flex gap-4">
          <legend className="mb-1 text-xs font-medium text-dim">Who sees it</legend>
          {isSomebody && <Choice name="visibility" value="private" label="Only I" isChosen />}
          <Choice name="visibility" value="organization" label="Everybody" isChosen={!isSomebody} />
        </fieldset>
        <div className="flex justify-end gap-2 pt-2">
          <PrimaryButton type="submit" className="h-7">
            Save
          </PrimaryButton>
        </div>
      </Form>
    </Dialog>
  );
}

function Choice({ name, value, label, isChosen }: { name: string; value: string; label: string; isChosen: boolean }) {
  return (
    <label className="flex items-center gap-1.5">
      <input type="radio" name={name} value={value} defaultChecked={isChosen} />
      {label}
    </label>
  );
}

function ManageDialog({ searches, onClose }: { searches: readonly ApiSavedSearch[]; onClose: () => void }) {
  const orders = useSavedSearchOrders();
  return (
    <Dialog title="Saved searches" onClose={onClose}>
      <ul aria-label="Saved searches" className="mt-3 max-h-96 divide-y overflow-y-auto">
        {searches.map((search) => (
          <li key={search.id} className="py-2">
            <Form
              className="flex items-center gap-2"
              onData={(data) => orders.mutate({ do: "change", search, change: { name: textOf(data, "name") } })}
            >
              <input
                name="name"
                aria-label={`Name of ${search.name}`}
                defaultValue={search.name}
                required
                maxLength={100}
                className={inputClass}
              />
              <Button type="submit">Rename</Button>
              <Button
                aria-label={`Delete ${search.name}`}
                className="text-red"
                onClick={() => orders.mutate({ do: "delete", search })}
              >
                Delete
              </Button>
            </Form>
            <p className="mt-1 truncate text-xs text-faint" title={search.query}>
              {search.visibility === "private" ? "Only I" : "Everybody"} · <code>{search.query || "everything"}</code>
            </p>
          </li>
        ))}
      </ul>
      {searches.length === 0 && <p className="mt-3 text-dim">There is none left.</p>}
    </Dialog>
  );
}
