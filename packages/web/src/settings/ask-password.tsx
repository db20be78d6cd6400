import type { UseMutationResult } from "@tanstack/react-query";
import { sendJson } from "../api/client.ts";
import { PasswordField } from "../sign-in/password-field.tsx";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { Form } from "../ui/form.tsx";

/** A wrong password or code is answered with 401, which here is no reason to sign in again. */
export const prove = <Answer,>(path: string, body: object) =>
  sendJson<Answer>("POST", `api/v1/auth/${path}`, body, { isSignIn: true });

/** Before what somebody at an unattended screen must not do. `attempt` finds it in the form as `password`. */
export function AskPassword(props: {
  action: string;
  attempt: Pick<UseMutationResult<unknown, Error, FormData>, "mutate" | "error" | "isPending">;
}) {
  const { action, attempt } = props;
  return (
    <>
      <Form onData={(data) => attempt.mutate(data)} className="flex flex-wrap items-end gap-2">
        <PasswordField label="Your password" className="max-w-64 grow" />
        <Button type="submit" className="h-8" disabled={attempt.isPending}>
          {action}
        </Button>
      </Form>
      <FormError error={attempt.error} />
    </>
  );
}
