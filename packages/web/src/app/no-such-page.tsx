import { Link } from "@tanstack/react-router";
import { Gate } from "../sign-in/gate.tsx";

export function NoSuchPage() {
  return (
    <Gate title="There is no such page" lead="The address is mistyped, or what was there is gone.">
      <p className="mt-5">
        <Link to="/" className="underline">
          To the overview
        </Link>
      </p>
    </Gate>
  );
}
