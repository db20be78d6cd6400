import type { UseMutationResult } from "@tanstack/react-query";
import { PrimaryButton } from "../ui/button.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";
import { TextButton } from "../ui/text-button.tsx";

export type CodeKind = "app" | "recovery";

/** The second step of signing in. Whoever has no phone at hand may turn to the recovery codes, and back. */
export function CodeForm(props: {
  kind: CodeKind;
  attempt: Pick<UseMutationResult<unknown, Error, FormData>, "mutate" | "error" | "isPending">;
  onKind: (kind: CodeKind) => void;
}) {
  const { kind, attempt, onKind } = props;
  const isApp = kind === "app";
  return (
    <Form key={kind} onData={(form) => attempt.mutate(form)} className="mt-5 space-y-3.5">
      <Field
        label={isApp ? "Six digits of your authenticator app" : "Recovery code"}
        name="code"
        inputMode={isApp ? "numeric" : "text"}
        autoComplete="one-time-code"
        pattern={isApp ? "\\s*[0-9]{6}\\s*" : undefined}
        maxLength={40}
        required
        autoFocus
      />
      <FormError error={attempt.error} />
      <PrimaryButton type="submit" className="w-full" disabled={attempt.isPending}>
        {attempt.isPending ? "Checking…" : "Continue"}
      </PrimaryButton>
      <p className="pt-2.5">
        <TextButton onClick={() => onKind(isApp ? "recovery" : "app")}>
          {isApp ? "Use a recovery code" : "Use the authenticator app"}
        </TextButton>
      </p>
    </Form>
  );
}
