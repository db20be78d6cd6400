import { isAhead } from "../ui/is-ahead.ts";
import { Menu, MenuItem } from "../ui/menu.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { useSilence } from "./alert-commands.ts";
import { minutes } from "./rule-sentence.ts";

const LENGTHS = [60, 240, 1_440, 10_080] as const;

/** Nobody is told for a time; what fires meanwhile is in the list all the same. */
export function SilenceMenu({
  of,
  until,
}: {
  of: { readonly kind: "rule" | "issue"; readonly id: string; readonly name: string };
  until: string | null;
}) {
  const silence = useSilence();
  const isSilent = isAhead(until);
  return (
    <Menu
      label={isSilent ? `${of.name} is silent: change` : `Silence ${of.name}`}
      button={isSilent ? "Silent" : "Silence"}
      align="end"
      disabled={silence.isPending}
    >
      {isSilent && until !== null && (
        <p className="px-2 pt-1 pb-1.5 text-xs text-faint">
          ends <RelativeTime at={until} />
        </p>
      )}
      {LENGTHS.map((length) => (
        <MenuItem key={length} onSelect={() => silence.mutate({ of, minutes: length })}>
          for {minutes(length)}
        </MenuItem>
      ))}
      {isSilent && <MenuItem onSelect={() => silence.mutate({ of, minutes: 0 })}>end it now</MenuItem>}
    </Menu>
  );
}
