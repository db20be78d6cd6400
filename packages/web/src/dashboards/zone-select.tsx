import { useNavigate } from "@tanstack/react-router";
import { OWN_ZONE } from "../charts/bucket-names.ts";

const ZONES = [...new Set([OWN_ZONE, "UTC", ...Intl.supportedValuesOf("timeZone")])];

/** By which clock days begin and hours are named. */
export function ZoneSelect({ zone }: { zone: string }) {
  const navigate = useNavigate({ from: "/projects/$slug/dashboard" });
  return (
    <select
      aria-label="Time zone"
      title="Time zone"
      value={zone}
      onChange={({ target }) =>
        void navigate({
          search: (before) => ({ ...before, tz: target.value === OWN_ZONE ? undefined : target.value }),
          replace: true,
        })
      }
      className="h-7 max-w-36 rounded-md border border-edge bg-bg px-1.5 text-xs"
    >
      {(ZONES.includes(zone) ? ZONES : [zone, ...ZONES]).map((each) => (
        <option key={each} value={each}>
          {each.replaceAll("_", " ")}
        </option>
      ))}
    </select>
  );
}
