import { AUDIT_NOUNS } from "@mesher/protocol";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { membersQuery, projectsQuery } from "../api/queries.ts";
import { Button } from "../ui/button.tsx";
import { inputClass } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { AuditDownload } from "./audit-download.tsx";
import { type AuditSearch, isAuditFiltered, isDay } from "./audit-search.ts";
import { wordsOf } from "./audit-words.ts";

/** Which entries are shown, all of it in the address. */
export function AuditFilters({ organization, search }: { organization: string; search: AuditSearch }) {
  const navigate = useNavigate({ from: "/settings/audit" });
  const choose = (more: AuditSearch) => void navigate({ search: { ...search, ...more } });
  return (
    <div className="mb-4 grid grid-cols-2 gap-2 sm:grid-cols-3">
      <Form onData={(form) => choose({ who: textOf(form, "who") || undefined })} className="col-span-2 sm:col-span-1">
        <WhoInput
          organization={organization}
          value={search.who ?? ""}
          onTaken={(who) => who !== (search.who ?? "") && choose({ who: who || undefined })}
        />
      </Form>
      <select
        aria-label="What"
        value={search.what ?? ""}
        onChange={({ target: { value } }) => choose({ what: value || undefined })}
        className={inputClass}
      >
        <option value="">All changes</option>
        {AUDIT_NOUNS.map((noun) => (
          <option key={noun} value={`${noun}.`}>
            {NOUN_NAMES[noun]}
          </option>
        ))}
        {search.what !== undefined && !search.what.endsWith(".") && (
          <option value={search.what}>{wordsOf(search.what)}</option>
        )}
      </select>
      <ProjectSelect project={search.project} onChoose={(project) => choose({ project })} />
      <div className="col-span-full grid grid-cols-2 gap-2 sm:flex sm:flex-wrap sm:items-center">
        <DayInput label="From" value={search.from} max={search.to} onDay={(from) => choose({ from })} />
        <DayInput label="To" value={search.to} min={search.from} onDay={(to) => choose({ to })} />
        {search.kind !== undefined && (
          <Button className="col-span-2 h-8 justify-between" onClick={() => choose({ kind: undefined, id: undefined })}>
            About one {wordsOf(search.kind)} <span aria-hidden>×</span>
          </Button>
        )}
        <div className="col-span-2 flex gap-2 sm:ml-auto">
          {isAuditFiltered(search) && (
            <Button className="h-8" onClick={() => void navigate({ search: {} })}>
              Show all
            </Button>
          )}
          <AuditDownload search={search} />
        </div>
      </div>
    </div>
  );
}

const NOUN_NAMES: Readonly<Record<(typeof AUDIT_NOUNS)[number], string>> = {
  organization: "Organization",
  member: "Members",
  invitation: "Invitations",
  person: "People's accounts",
  token: "API tokens",
  team: "Teams",
  project: "Projects",
  project_key: "Keys of projects",
  issue: "Single issues",
  issues: "Many issues at once",
  saved_search: "Saved searches",
  alert_rule: "Alert rules",
  destination: "Destinations",
  delivery: "Deliveries",
};

/** Offers the members; whoever else has done something, as the server or a token, can be typed. */
function WhoInput(props: { organization: string; value: string; onTaken: (who: string) => void }) {
  const members = useQuery(membersQuery(props.organization));
  const [typed, setTyped] = useTyped(props.value);
  return (
    <>
      <input
        name="who"
        type="search"
        aria-label="Who"
        placeholder="Anyone"
        maxLength={200}
        list="audit-who"
        value={typed}
        onChange={({ target: { value } }) => setTyped(value)}
        onBlur={() => props.onTaken(typed.trim())}
        className={inputClass}
      />
      <datalist id="audit-who">
        {members.data?.map(({ id, email }) => (
          <option key={id} value={email} />
        ))}
      </datalist>
    </>
  );
}

function ProjectSelect(props: { project: string | undefined; onChoose: (project: string | undefined) => void }) {
  const projects = useQuery(projectsQuery());
  const isListed = projects.data?.some(({ slug }) => slug === props.project) ?? false;
  return (
    <select
      aria-label="Project"
      value={props.project ?? ""}
      onChange={({ target: { value } }) => props.onChoose(value || undefined)}
      className={inputClass}
    >
      <option value="">All projects</option>
      {projects.data?.map(({ id, slug, name }) => (
        <option key={id} value={slug}>
          {name}
        </option>
      ))}
      {props.project !== undefined && !isListed && <option value={props.project}>one that is gone</option>}
    </select>
  );
}

/** Takes a day as soon as it is one. */
function DayInput(props: {
  label: string;
  value: string | undefined;
  min?: string | undefined;
  max?: string | undefined;
  onDay: (day: string | undefined) => void;
}) {
  const { label, value = "", min, max, onDay } = props;
  const [typed, setTyped] = useTyped(value);
  return (
    <label className="flex min-w-0 items-center gap-1.5 text-xs text-dim">
      <span className="w-7 shrink-0 sm:w-auto">{label}</span>
      <input
        type="date"
        value={typed}
        min={min}
        max={max}
        onChange={({ target }) => {
          setTyped(target.value);
          if (target.value === "" && !target.validity.badInput) onDay(undefined);
          if (isDay(target.value) && target.validity.valid) onDay(target.value);
        }}
        className={`${inputClass} sm:w-36`}
      />
    </label>
  );
}

/** What stands in an input until it is taken. When what is shown changes otherwise, by going back for one, so does it. */
function useTyped(value: string): [string, (text: string) => void] {
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  if (shown !== value) {
    setShown(value);
    setTyped(value);
  }
  return [typed, setTyped];
}
