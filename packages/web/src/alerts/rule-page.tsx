import type { ApiAlertRule, ApiAlertTest } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { alertRuleQuery } from "../api/alert-queries.ts";
import { sendJson } from "../api/client.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { Button, PrimaryButton } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { useOpened } from "../ui/use-opened.ts";
import { forgetAlerts } from "./alert-commands.ts";
import { AlertsFrame } from "./alerts-frame.tsx";
import { RuleConditions } from "./rule-conditions.tsx";
import { draftOf, NEW_DRAFT, type RuleDraft, ruleOf, tagsFault } from "./rule-draft.ts";
import { RulePreview } from "./rule-preview.tsx";
import { RuleRecipients } from "./rule-recipients.tsx";

/** Makes a rule or changes one: one sentence to fill in, and what it would have done. `ruleId`: `new` for a new one. */
export function RulePage({ projectSlug, ruleId }: { projectSlug: string; ruleId: string }) {
  const isNew = ruleId === "new";
  const rule = useQuery({ ...alertRuleQuery(ruleId), enabled: !isNew });
  const [opened] = useOpened(rule);
  return (
    <AlertsFrame projectSlug={projectSlug} title={isNew ? "New alert rule" : "Alert rule"}>
      {isNew ? (
        <RuleForm projectSlug={projectSlug} initial={NEW_DRAFT} />
      ) : opened !== undefined ? (
        <RuleForm projectSlug={projectSlug} initial={draftOf(opened.answer)} rule={opened.answer} tag={opened.tag} />
      ) : rule.isError ? (
        <Failure title="The rule could not be loaded." error={rule.error} onRetry={() => void rule.refetch()} />
      ) : (
        <PageSkeleton label="Loading the rule" />
      )}
    </AlertsFrame>
  );
}

interface RuleFormProps {
  readonly projectSlug: string;
  readonly initial: RuleDraft;
  readonly rule?: ApiAlertRule;
  /** Of the rule. */
  readonly tag?: string | null;
}

function RuleForm({ projectSlug, initial, rule, tag = null }: RuleFormProps) {
  const mayChange = hasRole(useQuery(sessionQuery()).data, "admin");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(initial);
  const [mistake, setMistake] = useState<Error | null>(null);
  const change = (more: Partial<RuleDraft>) => {
    setDraft({ ...draft, ...more });
    setMistake(null);
  };
  const save = useMutation({
    mutationFn: () =>
      rule === undefined
        ? sendJson<ApiAlertRule>(
            "POST",
            `api/v1/projects/${encodeURIComponent(projectSlug)}/alert-rules`,
            ruleOf(draft),
          )
        : sendJson<ApiAlertRule>("PATCH", `api/v1/alert-rules/${rule.id}`, ruleOf(draft), { ifMatch: tag }),
    onSuccess: async (saved) => {
      toast(rule === undefined ? `${saved.name} is on watch` : `${saved.name} is saved`);
      await forgetAlerts(queries);
      void navigate({ to: "/projects/$slug/alert-rules", params: { slug: projectSlug } });
    },
  });
  return (
    <form
      onSubmit={(submitted) => {
        submitted.preventDefault();
        const fault = tagsFault(draft);
        if (fault === undefined) save.mutate();
        else setMistake(new Error(fault));
      }}
      className="max-w-3xl space-y-6 px-4 pt-5 sm:px-6"
    >
      {!mayChange && <p className="text-dim">Owners and admins of the organization change rules.</p>}
      <fieldset disabled={!mayChange} className="space-y-6">
        <Field
          label="Name"
          value={draft.name}
          onChange={({ target: { value } }) => change({ name: value })}
          required
          maxLength={200}
          pattern=".*\S.*"
          autoFocus={rule === undefined}
          placeholder="Checkout is on fire"
          className="max-w-md"
        />
        <RuleConditions draft={draft} onChange={change} />
        <RuleRecipients draft={draft} onChange={change} />
      </fieldset>
      <RulePreview projectSlug={projectSlug} draft={draft} />
      <FormError error={mistake ?? save.error} />
      <div className="flex flex-wrap gap-2">
        {mayChange && (
          <PrimaryButton type="submit" disabled={save.isPending}>
            {save.isPending ? "Saving…" : rule === undefined ? "Create rule" : "Save"}
          </PrimaryButton>
        )}
        {mayChange && rule !== undefined && <RuleActions projectSlug={projectSlug} rule={rule} />}
      </div>
    </form>
  );
}

/** What can be done with a rule that is there. */
function RuleActions({ projectSlug, rule }: { projectSlug: string; rule: ApiAlertRule }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const tried = useMutation({
    mutationFn: () => sendJson<ApiAlertTest>("POST", `api/v1/alert-rules/${rule.id}/test`),
    onSuccess: () => {
      toast("A test alert is on its way, as the rule is saved");
      return forgetAlerts(queries);
    },
    onError: (error) => toastFailure("No test alert was sent.", error),
  });
  const remove = useMutation({
    mutationFn: () => sendJson("POST", `api/v1/alert-rules/${rule.id}/delete`),
    onSuccess: async () => {
      toast(`${rule.name} is deleted`);
      await navigate({ to: "/projects/$slug/alert-rules", params: { slug: projectSlug } });
      return forgetAlerts(queries);
    },
    onError: (error) => toastFailure("The rule is still there.", error),
  });
  return (
    <>
      <Button className="h-8" disabled={tried.isPending} onClick={() => tried.mutate()}>
        Send a test alert
      </Button>
      {tried.data !== undefined && (
        <Link
          to="/projects/$slug/alerts/$alertId"
          params={{ slug: projectSlug, alertId: tried.data.alert_id }}
          className="self-center text-xs text-dim underline hover:text-ink"
        >
          See it
        </Link>
      )}
      <span className="grow" />
      <Button className="h-8 text-red" onClick={() => setAsking(true)}>
        Delete
      </Button>
      {isAsking && (
        <Confirm
          title={`Delete ${rule.name}?`}
          action="Delete"
          onCancel={() => setAsking(false)}
          onConfirm={() => {
            setAsking(false);
            remove.mutate();
          }}
        >
          It tells nobody any more, and its alerts go with it. This cannot be undone.
        </Confirm>
      )}
    </>
  );
}
