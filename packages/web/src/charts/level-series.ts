import { LEVELS, type Level } from "@mesher/protocol";
import type { VolumeSeries } from "./volume-chart.tsx";

const COLOR: Record<Level, string> = {
  fatal: "var(--color-red)",
  error: "var(--color-red-soft)",
  warning: "var(--color-mark)",
  info: "var(--color-bar)",
  debug: "var(--color-edge)",
};

/** The gravest at the bottom, where its height is easiest to compare. */
export const SHOWN_LEVELS: readonly Level[] = LEVELS;
export const LEVEL_SERIES: readonly VolumeSeries[] = SHOWN_LEVELS.map((level) => ({
  name: level,
  color: COLOR[level],
}));
