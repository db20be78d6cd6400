import { useQueryClient } from "@tanstack/react-query";
import { keepToken } from "../api/token.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { Form, textOf } from "../ui/form.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { Gate } from "./gate.tsx";

/** For whoever runs the server and has its token at hand. */
export function TokenForm({ onBack }: { onBack: () => void }) {
  const queries = useQueryClient();
  const submit = (form: FormData) => {
    queries.clear();
    keepToken(textOf(form, "token"));
  };
  return (
    <Gate title="Access token" lead="Paste the token, or open the link that Mesher printed when it started.">
      <Form onData={submit} className="mt-5 space-y-3.5">
        {/* Not a password field: browsers would offer to save it as one, without a user name. */}
        <Field
          label="Token"
          name="token"
          autoComplete="off"
          spellCheck={false}
          placeholder="mshr_…"
          pattern=".*\S.*"
          required
          autoFocus
        />
        <PrimaryButton type="submit" className="w-full">
          Continue
        </PrimaryButton>
      </Form>
      <p className="mt-6">
        <TextButton onClick={onBack}>Sign in with a password</TextButton>
      </p>
    </Gate>
  );
}
