import type { ApiVolumeBucket } from "@mesher/protocol";
import { useMemo } from "react";
import type { BucketUnit } from "../charts/bucket-names.ts";
import type { Span } from "../charts/buckets.ts";
import { LEVEL_SERIES, SHOWN_LEVELS } from "../charts/level-series.ts";
import { VolumeChart } from "../charts/volume-chart.tsx";

export function VolumeByLevel(props: {
  volume: readonly ApiVolumeBucket[];
  unit: BucketUnit;
  zone: string;
  height: number;
  onZoom: (span: Span) => void;
  onPick: (span: Span) => void;
}) {
  const { volume, ...chart } = props;
  const points = useMemo(
    () => volume.map(({ bucket, levels }) => ({ at: bucket, values: SHOWN_LEVELS.map((level) => levels[level] ?? 0) })),
    [volume],
  );
  return <VolumeChart label="Events by level" series={LEVEL_SERIES} points={points} {...chart} />;
}
