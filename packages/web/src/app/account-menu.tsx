import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { sessionQuery } from "../api/session.ts";
import { signOut } from "../sign-in/sign-in.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { toastFailure } from "../ui/toasts.tsx";

/** Who is signed in, and the way out. */
export function AccountMenu() {
  const session = useQuery(sessionQuery());
  const queries = useQueryClient();
  const leaving = useMutation({
    mutationFn: () => signOut(queries),
    onError: (error) => toastFailure("You are still signed in.", error),
  });
  if (session.data === undefined) return <span />;
  const name = session.data.user?.display_name ?? "Access token";
  return (
    <Menu label={`Account: ${name}`} button={<span className="max-w-24 truncate">{name}</span>} side="top">
      <p className="max-w-60 truncate px-2 pt-1 pb-1.5 text-xs text-faint">
        {session.data.user?.email ?? "Whoever has the token of this server"}
      </p>
      <MenuItem onSelect={() => leaving.mutate()}>
        {session.data.user === null ? "Forget the token" : "Sign out"}
      </MenuItem>
    </Menu>
  );
}
