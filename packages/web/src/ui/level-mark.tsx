import type { Level } from "@mesher/protocol";
import type { ReactNode } from "react";

type ShownLevel = Level | "critical" | "log";

const COLOR: Record<ShownLevel, string> = {
  fatal: "text-red",
  critical: "text-red",
  error: "text-red",
  warning: "text-mark",
  info: "text-faint",
  log: "text-faint",
  debug: "text-faint",
};

/** Each level has a shape of its own, for those who do not see its colour. */
const SHAPE: Record<ShownLevel, ReactNode> = {
  fatal: (
    <path
      d="M4 1h4l3 3v4l-3 3H4L1 8V4zM4.2 4.2l3.6 3.6m0-3.6L4.2 7.8"
      fill="currentColor"
      className="stroke-bg"
      strokeWidth="1.2"
    />
  ),
  critical: <path d="M4 1h4l3 3v4l-3 3H4L1 8V4z" fill="currentColor" />,
  error: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  warning: <path d="M6 1.8 11 10.4H1z" fill="currentColor" stroke="currentColor" strokeLinejoin="round" />,
  info: <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.4" />,
  log: <circle cx="6" cy="6" r="3.4" fill="none" stroke="currentColor" strokeWidth="1.4" />,
  debug: <circle cx="6" cy="6" r="1.8" fill="currentColor" />,
};

export function LevelMark(props: {
  level: ShownLevel;
  className?: string;
  /** The level is written beside it. */
  decorative?: boolean;
}) {
  const { level, className = "", decorative = false } = props;
  const naming = decorative ? { "aria-hidden": true } : { role: "img", "aria-label": level };
  return (
    <svg viewBox="0 0 12 12" {...naming} className={`size-3 shrink-0 ${COLOR[level]} ${className}`}>
      {!decorative && <title>{level}</title>}
      {SHAPE[level]}
    </svg>
  );
}
