import type { ApiInvitationOffer } from "@mesher/protocol";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiFailure, sendJson } from "../api/client.ts";
import { PrimaryButton } from "../ui/button.tsx";
import { Failure } from "../ui/failure.tsx";
import { Field, FormError } from "../ui/field.tsx";
import { Form, passwordOf, textOf } from "../ui/form.tsx";
import { Bone } from "../ui/skeleton.tsx";
import { TextButton } from "../ui/text-button.tsx";
import { CodeForm, type CodeKind } from "./code-form.tsx";
import { Gate, WayToSignIn } from "./gate.tsx";
import { dropLinkToken, takeLinkToken } from "./link-token.ts";
import { NewPasswordField, PasswordField } from "./password-field.tsx";
import { enter, proveSecondFactor, signIn } from "./sign-in.ts";

/** Where the link of an invitation leads, and that with which the first owner sets up the server. */
export function JoinPage() {
  const [token] = useState(() => takeLinkToken("join"));
  const offer = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => sendJson<ApiInvitationOffer>("POST", "api/v1/invitations/look-up", { token }, { isSignIn: true }),
    enabled: token !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });

  if (token === "") {
    return (
      <Gate
        title="This link is incomplete"
        lead="Copy the whole link, including everything after the #, and open it again."
      >
        <WayToSignIn />
      </Gate>
    );
  }
  if (offer.isPending) {
    return (
      <Gate title="Invitation">
        <div role="status" aria-label="Reading the invitation" className="appears-late mt-4 space-y-3">
          <Bone className="h-4 w-2/3" />
          <Bone className="h-32 w-full" />
        </div>
      </Gate>
    );
  }
  if (offer.isError) {
    return isOver(offer.error) ? (
      <Gate title="This link no longer works" lead="It was used, revoked, or has expired. Ask for a new one.">
        <WayToSignIn />
      </Gate>
    ) : (
      <Failure title="The invitation could not be read." error={offer.error} onRetry={() => void offer.refetch()} />
    );
  }
  return <Offer token={token} offer={offer.data} />;
}

function Offer({ token, offer }: { token: string; offer: ApiInvitationOffer }) {
  const [isKnown, setKnown] = useState(false);
  // The link of the first start is for nobody in particular, and makes an owner.
  const isSetUp = offer.email === null && offer.role === "owner";
  return (
    <Gate
      title={isSetUp ? "Set up Mesher" : `Join ${offer.organization.name}`}
      lead={
        isSetUp
          ? "You become the owner of this server. The link works once."
          : `You are invited as ${offer.role === "member" ? "a member" : `an ${offer.role}`}.`
      }
    >
      <AcceptForm key={String(isKnown)} token={token} offer={offer} isKnown={isKnown} />
      {!isSetUp && (
        <p className="mt-6">
          <TextButton onClick={() => setKnown(!isKnown)}>
            {isKnown ? "I have no password here yet" : "I have a password here already"}
          </TextButton>
        </p>
      )}
    </Gate>
  );
}

interface AcceptFormProps {
  readonly token: string;
  readonly offer: ApiInvitationOffer;
  /** Signs in first, and accepts as who that is. */
  readonly isKnown: boolean;
}

function AcceptForm({ token, offer, isKnown }: AcceptFormProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [needsCode, setNeedsCode] = useState(false);
  const [codeKind, setCodeKind] = useState<CodeKind>("app");
  const accept = (more: object) =>
    sendJson("POST", "api/v1/invitations/accept", { token, ...more }, { isSignIn: true });
  const acceptance = useMutation({
    mutationFn: async (form: FormData): Promise<"in" | "code"> => {
      if (needsCode) {
        await proveSecondFactor(codeKind, textOf(form, "code"));
      } else {
        const [email, password] = [offer.email ?? textOf(form, "email"), passwordOf(form)];
        if (!isKnown) await accept({ email, display_name: textOf(form, "name"), password });
        if ((await signIn(email, password)) === "code") return "code";
      }
      if (isKnown) await accept({});
      return "in";
    },
    onSuccess: (next) => {
      if (next === "code") return setNeedsCode(true);
      dropLinkToken("join");
      enter(queries);
      return void navigate({ to: "/", replace: true });
    },
  });
  if (needsCode) {
    return <CodeForm kind={codeKind} attempt={acceptance} onKind={setCodeKind} />;
  }
  return (
    <Form onData={(form) => acceptance.mutate(form)} className="mt-5 space-y-3.5">
      <Field
        label="Email"
        name="email"
        type="email"
        autoComplete="username"
        maxLength={254}
        required
        autoFocus={offer.email === null}
        readOnly={offer.email !== null}
        defaultValue={offer.email ?? ""}
      />
      {!isKnown && (
        <Field
          label="Name"
          name="name"
          autoComplete="name"
          autoFocus={offer.email !== null}
          maxLength={100}
          pattern=".*\S.*"
          required
        />
      )}
      {isKnown ? <PasswordField /> : <NewPasswordField />}
      <FormError error={acceptance.error} />
      <PrimaryButton type="submit" className="w-full" disabled={acceptance.isPending}>
        {acceptance.isPending ? "One moment…" : isKnown ? "Sign in and join" : "Continue"}
      </PrimaryButton>
    </Form>
  );
}

function isOver(error: Error): boolean {
  return error instanceof ApiFailure && (error.status === 404 || error.status === 400);
}
