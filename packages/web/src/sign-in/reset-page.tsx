import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { sendJson } from "../api/client.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { Form, passwordOf } from "../ui/form.tsx";
import { Gate, WayToSignIn } from "./gate.tsx";
import { dropLinkToken, takeLinkToken } from "./link-token.ts";
import { NewPasswordField } from "./password-field.tsx";

/** Where a link leads with which somebody sets a new password. */
export function ResetPage() {
  const [token] = useState(() => takeLinkToken("reset"));
  const reset = useMutation({
    mutationFn: (form: FormData) =>
      sendJson("POST", "api/v1/password-resets/use", { token, password: passwordOf(form) }, { isSignIn: true }),
    onSuccess: () => dropLinkToken("reset"),
  });
  if (reset.isSuccess) {
    return (
      <Gate title="Your password is set" lead="You are signed out everywhere else.">
        <WayToSignIn />
      </Gate>
    );
  }
  if (token === "") {
    return (
      <Gate title="The link is not whole" lead="Open it as you got it, with all that stands behind its #.">
        <WayToSignIn />
      </Gate>
    );
  }
  return (
    <Gate title="New password">
      <Form onData={(form) => reset.mutate(form)} className="mt-5 space-y-3.5">
        <NewPasswordField autoFocus />
        <FormError error={reset.error} />
        <PrimaryButton type="submit" className="w-full" disabled={reset.isPending}>
          {reset.isPending ? "One moment…" : "Set the password"}
        </PrimaryButton>
      </Form>
    </Gate>
  );
}
