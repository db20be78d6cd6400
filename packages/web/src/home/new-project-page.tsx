import type { ApiProjectDetail } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { sendJson } from "../api/client.ts";
import { hasRole, sessionQuery } from "../api/session.ts";
import { PLATFORM_IDS, PLATFORMS } from "../onboarding/snippets.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageSkeleton } from "../ui/page-skeleton.tsx";

const NAME_LENGTH_MAX = 100;

/** Makes a project, and leads to what sends its first event. */
export function NewProjectPage() {
  const session = useQuery(sessionQuery());
  const queries = useQueryClient();
  const navigate = useNavigate();
  const creation = useMutation({
    mutationFn: (form: FormData) =>
      sendJson<ApiProjectDetail>("POST", "api/v1/projects", {
        name: textOf(form, "name"),
        platform: textOf(form, "platform"),
      }),
    onSuccess: async ({ slug }) => {
      await queries.invalidateQueries({ queryKey: ["projects"] });
      void queries.invalidateQueries({ queryKey: ["overview"] });
      await navigate({ to: "/projects/$slug", params: { slug } });
    },
  });
  if (session.isPending) return <PageSkeleton label="Loading the page" />;
  if (!hasRole(session.data, "admin")) {
    return (
      <Notice title="Only owners and admins create projects.">
        <p>Ask one of them: the members page says who they are.</p>
      </Notice>
    );
  }
  return (
    <div className="max-w-2xl px-4 pb-16 sm:px-6">
      <title>New project · Mesher</title>
      <div className="flex h-13 items-center">
        <h1 className="text-[0.9375rem] font-semibold">New project</h1>
      </div>
      <Form onData={(form) => creation.mutate(form)} className="space-y-6">
        <fieldset>
          <legend className="mb-2 text-xs font-medium text-dim">Platform</legend>
          <div className="grid grid-cols-2 gap-2 sm:grid-cols-4">
            {PLATFORM_IDS.map((id) => (
              <label
                key={id}
                className="flex cursor-pointer items-center gap-2 rounded-md border px-3 py-2 has-checked:border-ink has-checked:bg-raised has-checked:font-medium has-focus-visible:outline-2 has-focus-visible:outline-offset-2 hover:border-edge"
              >
                <input
                  type="radio"
                  name="platform"
                  value={id}
                  defaultChecked={id === "javascript"}
                  className="sr-only"
                />
                {id === "other" ? "Something else" : PLATFORMS[id].name}
              </label>
            ))}
          </div>
          <p className="mt-1.5 text-xs text-faint">It only decides which snippet is shown first; any SDK works.</p>
        </fieldset>
        <Field
          label="Name"
          name="name"
          maxLength={NAME_LENGTH_MAX}
          pattern=".*\S.*"
          placeholder="Web shop"
          hint="An app or a service whose errors belong together."
          required
          autoFocus
          autoComplete="off"
        />
        <FormError error={creation.error} />
        <PrimaryButton type="submit" disabled={creation.isPending}>
          {creation.isPending ? "Creating…" : "Create project"}
        </PrimaryButton>
      </Form>
    </div>
  );
}
