import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/field.tsx";
import { endOffer, offerPasskeys, signInByPasskey } from "./passkeys.ts";
import { enter } from "./sign-in.ts";

/** A button, and passkeys among what the browser fills in. Shown only where there can be passkeys. */
export function PasskeySignIn() {
  const queries = useQueryClient();
  const attempt = useMutation({ mutationFn: signInByPasskey, onSuccess: () => enter(queries) });
  const { mutate: offer, error: offerError } = useMutation({
    mutationFn: offerPasskeys,
    onSuccess: (isIn) => isIn && enter(queries),
  });
  useEffect(() => {
    offer();
    return () => void endOffer();
  }, [offer]);
  return (
    <>
      <Button className="h-8 w-full justify-center" disabled={attempt.isPending} onClick={() => attempt.mutate()}>
        {attempt.isPending ? "Waiting for the passkey…" : "Sign in with a passkey"}
      </Button>
      <FormError error={attempt.error ?? offerError} />
    </>
  );
}
