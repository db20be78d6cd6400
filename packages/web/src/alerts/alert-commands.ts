/** Changing alerts and silences: on screen at once, and back when the server refuses. */
import type { AlertStatus, ApiAlert, ApiAlertDetail, ApiAlertRule, ApiPage, ApiSilenced } from "@mesher/protocol";
import { type InfiniteData, type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { toast, toastFailure } from "../ui/toasts.tsx";
import { minutes } from "./rule-sentence.ts";

const AFTER = { acknowledge: "acknowledged", resolve: "resolved" } as const satisfies Record<string, AlertStatus>;

interface Decision {
  readonly alert: ApiAlert;
  readonly decision: keyof typeof AFTER;
}

export function useAlertDecision() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ alert, decision }: Decision) => sendJson("POST", `api/v1/alerts/${alert.id}/${decision}`),
    onMutate: async ({ alert: { id }, decision }) => {
      await Promise.all(["alerts", "alert"].map((key) => queries.cancelQueries({ queryKey: [key] })));
      const before = queries.getQueriesData({
        predicate: ({ queryKey: [key] }) => key === "alerts" || key === "alert",
      });
      showDecided(queries, id, AFTER[decision]);
      return before;
    },
    onSuccess: (_answer, { alert, decision }) => toast(`${alert.rule_name} ${AFTER[decision]}`),
    onError: (error, _given, before) => {
      for (const [key, data] of before ?? []) queries.setQueryData(key, data);
      toastFailure("Nothing was changed.", error);
    },
    onSettled: () => forgetAlerts(queries),
  });
}

function showDecided(queries: QueryClient, id: string, status: AlertStatus): void {
  queries.setQueriesData<InfiniteData<ApiPage<ApiAlert>>>(
    { queryKey: ["alerts"] },
    (list) =>
      list && {
        ...list,
        pages: list.pages.map((page) => ({
          ...page,
          data: page.data.map((alert) => (alert.id === id ? { ...alert, status } : alert)),
        })),
      },
  );
  queries.setQueryData<ApiAlertDetail>(["alert", id], (alert) => alert && { ...alert, status });
}

/** All that is on screen about alerts is read again. */
export function forgetAlerts(queries: QueryClient): Promise<void> {
  return queries.invalidateQueries({
    predicate: ({ queryKey: [key] }) => ["alerts", "alert", "alert-rules", "alert-rule"].includes(String(key)),
  });
}

interface Silence {
  readonly of: { readonly kind: "rule" | "issue"; readonly id: string; readonly name: string };
  /** 0 ends it. */
  readonly minutes: number;
}

export function useSilence() {
  const queries = useQueryClient();
  const silence = useMutation({
    mutationFn: ({ of: { kind, id }, minutes: length }: Silence) =>
      sendJson<ApiSilenced>(
        "POST",
        kind === "rule" ? `api/v1/alert-rules/${id}/silence` : `api/v1/issues/${id}/silence-alerts`,
        {
          minutes: length,
        },
      ),
    onSuccess: (_answer, { of, minutes: length }) =>
      length === 0
        ? toast(`${of.name} is heard again`)
        : toast(`${of.name} is silent for ${minutes(length)}`, () => silence.mutate({ of, minutes: 0 })),
    onError: (error) => toastFailure("Nothing was changed.", error),
    onSettled: () => forgetAlerts(queries),
  });
  return silence;
}

export function useRuleToggle(projectSlug: string) {
  const queries = useQueryClient();
  const show = (id: string, enabled: boolean) =>
    queries.setQueryData<ApiAlertRule[]>(["alert-rules", projectSlug], (rules) =>
      rules?.map((rule) => (rule.id === id ? { ...rule, enabled } : rule)),
    );
  const toggle = useMutation({
    mutationFn: ({ rule: { id }, enabled }: { rule: ApiAlertRule; enabled: boolean }) =>
      sendJson("POST", `api/v1/alert-rules/${id}/toggle`, { enabled }),
    onMutate: async ({ rule, enabled }) => {
      await queries.cancelQueries({ queryKey: ["alert-rules", projectSlug] });
      show(rule.id, enabled);
    },
    onSuccess: (_answer, { rule, enabled }) =>
      toast(`${rule.name} is ${enabled ? "on" : "off"}`, () => toggle.mutate({ rule, enabled: !enabled })),
    onError: (error, { rule, enabled }) => {
      show(rule.id, !enabled);
      toastFailure("Nothing was changed.", error);
    },
    onSettled: () => forgetAlerts(queries),
  });
  return toggle;
}
