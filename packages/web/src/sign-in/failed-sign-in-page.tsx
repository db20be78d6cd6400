import { useNavigate } from "@tanstack/react-router";
import { PrimaryButton } from "../ui/button.tsx";
import { Gate } from "./gate.tsx";

/** As the server names them; for all others there is one sentence. */
const REASONS: Readonly<Record<string, string>> = {
  not_invited: "Nobody with that address is invited. Ask an owner or admin of the organization.",
  account_not_linked: "The provider has not proven that the address is yours.",
  access_denied: "The provider did not let you in.",
  state_mismatch: "It took too long, or was begun in another browser.",
};

/** Where the server leads a browser whose single sign-on came to nothing. */
export function FailedSignInPage({ error }: { error: string | undefined }) {
  const navigate = useNavigate();
  return (
    <Gate
      title={error === undefined ? "Sign in" : "That did not work"}
      lead={
        error === undefined
          ? undefined
          : (REASONS[error.toLowerCase()] ?? "Single sign-on has failed. Try it again, or use your password.")
      }
    >
      {error !== undefined && <p className="mt-2 font-mono text-xs text-faint">{error}</p>}
      <PrimaryButton className="mt-5 w-full" onClick={() => void navigate({ to: "/", replace: true })}>
        {error === undefined ? "Go to the pages" : "Back to signing in"}
      </PrimaryButton>
    </Gate>
  );
}
