import type { ReactNode } from "react";
import { Button } from "./button.tsx";

export function MoreButton(props: { isLoading: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <div className="flex justify-center py-4">
      <Button onClick={props.onClick} disabled={props.isLoading}>
        {props.isLoading ? "Loading…" : props.children}
      </Button>
    </div>
  );
}
