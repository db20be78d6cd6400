import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { formatCount } from "../ui/count.ts";
import { Bone } from "../ui/skeleton.tsx";
import type { BarsDrawing } from "./bars.ts";
import { type BucketNames, type BucketUnit, bucketNames, OWN_ZONE } from "./bucket-names.ts";
import { columnAt, type Span, spanOf } from "./buckets.ts";
import { MARGIN } from "./margin.ts";

export interface VolumeSeries {
  readonly name: string;
  /** CSS, of the theme: `var(--color-bar)` where it means nothing in particular. */
  readonly color: string;
}

export interface VolumePoint {
  /** When the hour or the day begins, ISO 8601. */
  readonly at: string;
  /** In the order of the series. */
  readonly values: readonly number[];
}

export interface VolumeMark {
  /** ISO 8601; outside of the chart it is not drawn. */
  readonly at: string;
  readonly name: string;
}

interface VolumeChartProps {
  /** What is counted: "Events by level". */
  readonly label: string;
  /** From the bottom of the bars to their top. */
  readonly series: readonly VolumeSeries[];
  /** Without gaps, the oldest first. */
  readonly points: readonly VolumePoint[];
  readonly unit: BucketUnit;
  /** An IANA name; by default the reader's own. */
  readonly zone?: string;
  readonly height?: number;
  readonly marks?: readonly VolumeMark[];
  /** Somebody drew over some columns. */
  readonly onZoom?: (span: Span) => void;
  /** Somebody chose one column. */
  readonly onPick?: (span: Span) => void;
}

const HEIGHT = 180;
/** With more columns only the days are named. */
const HOUR_LABELS_MAX = 26;

/** How much there was over time: bars that can be pointed at, picked, and drawn over to zoom in. A table tells the same. */
export function VolumeChart(props: VolumeChartProps) {
  const { label, series, points, unit, zone = OWN_ZONE, height = HEIGHT, marks = NO_MARKS, onZoom, onPick } = props;
  const names = useMemo(() => bucketNames(unit, zone), [unit, zone]);
  const [isFailed, setFailed] = useState(false);
  return (
    <figure aria-label={label} className="min-w-0">
      <div className="relative" style={{ height }}>
        {isFailed ? (
          <p role="status" className="grid h-full place-content-center text-dim">
            The chart could not be loaded. Its numbers are below.
          </p>
        ) : (
          <>
            <BarsCanvas {...{ series, points, names, marks, unit, height }} onFail={() => setFailed(true)} />
            {points.length > 0 && (
              <Pointing {...{ label, series, points, unit, names, onZoom, onPick }} key={points[0]?.at} />
            )}
          </>
        )}
      </div>
      <VolumeTable {...{ label, series, points, names }} isShown={isFailed} />
    </figure>
  );
}

const NO_MARKS: readonly VolumeMark[] = [];

/** In the place of a chart that is on its way. */
export function ChartSkeleton({ label, height = HEIGHT }: { label: string; height?: number }) {
  return (
    <div role="status" aria-label={label} className="appears-late" style={{ height }}>
      <BoneBars height={height} />
    </div>
  );
}

function BoneBars({ height }: { height: number }) {
  return (
    <div
      aria-hidden
      className="flex h-full items-end gap-1.5"
      style={{ paddingBottom: MARGIN.bottom, paddingLeft: MARGIN.left }}
    >
      {[35, 50, 42, 65, 55, 80, 60, 45, 70, 52, 38, 58].map((percent, index) => (
        <div key={index} className="grow" style={{ height: ((height - MARGIN.top - MARGIN.bottom) * percent) / 100 }}>
          <Bone className="h-full w-full" />
        </div>
      ))}
    </div>
  );
}

interface CanvasProps {
  readonly series: readonly VolumeSeries[];
  readonly points: readonly VolumePoint[];
  readonly names: BucketNames;
  readonly marks: readonly VolumeMark[];
  readonly unit: BucketUnit;
  readonly height: number;
  readonly onFail: () => void;
}

function BarsCanvas({ series, points, names, marks, unit, height, onFail }: CanvasProps) {
  const element = useRef<HTMLDivElement>(null);
  const [drawing, setDrawing] = useState<BarsDrawing>();
  const fail = useRef(onFail);
  useEffect(() => {
    let started: BarsDrawing | undefined;
    let isGone = false;
    const start = async () => {
      const { startBars } = await import("./bars.ts");
      if (isGone || element.current === null) return;
      started = startBars(element.current);
      setDrawing(started);
    };
    start().catch(() => isGone || fail.current());
    return () => {
      isGone = true;
      started?.[Symbol.dispose]();
    };
  }, []);
  useEffect(() => {
    const allHours = points.length <= HOUR_LABELS_MAX;
    drawing?.draw({
      columns: points.map(({ at }, index) => ({
        name: names.short(at),
        isLabelled: unit === "day" || (allHours ? index % 3 === 0 : names.isDayStart(at)),
      })),
      series: series.map(({ name, color }, index) => ({
        name,
        color,
        values: points.map(({ values }) => values[index] ?? 0),
      })),
      marks: marks.flatMap(({ at, name }) => {
        const column = points.findLastIndex((point) => Date.parse(point.at) <= Date.parse(at));
        return column < 0 ? [] : [{ column, name }];
      }),
    });
  }, [drawing, series, points, names, marks, unit]);
  return (
    <>
      {drawing === undefined && (
        <div className="appears-late absolute inset-0">
          <BoneBars height={height} />
        </div>
      )}
      <div ref={element} aria-hidden className="absolute inset-0" />
    </>
  );
}

interface PointingProps {
  readonly label: string;
  readonly series: readonly VolumeSeries[];
  readonly points: readonly VolumePoint[];
  readonly unit: BucketUnit;
  readonly names: BucketNames;
  readonly onZoom: ((span: Span) => void) | undefined;
  readonly onPick: ((span: Span) => void) | undefined;
}

/** Lies over the bars: says what is under the pointer, and takes what is drawn or typed. */
function Pointing({ label, series, points, unit, names, onZoom, onPick }: PointingProps) {
  const [at, setAt] = useState<number>();
  /** Where a selection began; undefined: there is none. */
  const [anchor, setAnchor] = useState<number>();
  const count = points.length;
  const starts = points.map((point) => point.at);
  const hintId = useId();

  const clear = () => {
    setAt(undefined);
    setAnchor(undefined);
  };
  const choose = (from: number, to: number) => {
    setAnchor(undefined);
    if (from === to) onPick?.(spanOf(starts, unit, from, to));
    else onZoom?.(spanOf(starts, unit, from, to));
  };
  const columnOf = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return columnAt(event.clientX - left, width, count);
  };
  const onKey = (pressed: KeyboardEvent) => {
    if (pressed.key === "Escape") return clear();
    const here = at ?? count - 1;
    if (pressed.key === "Enter") {
      pressed.preventDefault();
      return choose(anchor ?? here, here);
    }
    const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: count - 1 }[pressed.key];
    if (next === undefined) return;
    pressed.preventDefault();
    setAnchor(pressed.shiftKey && onZoom !== undefined ? (anchor ?? here) : undefined);
    setAt(at === undefined ? here : Math.min(count - 1, Math.max(0, next)));
  };

  const point = at === undefined ? undefined : points[at];
  const isPickable = onPick !== undefined;
  return (
    <>
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-describedby={hintId}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={at ?? count - 1}
        aria-valuetext={describe(points[at ?? count - 1], series, names)}
        onKeyDown={onKey}
        onBlur={clear}
        onPointerMove={(event) => setAt(columnOf(event))}
        onPointerLeave={() => anchor === undefined && clear()}
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          // Else a press would select the text around the chart.
          event.currentTarget.setPointerCapture(event.pointerId);
          if (onZoom !== undefined || isPickable) setAnchor(columnOf(event));
        }}
        onPointerUp={(event) => {
          const column = columnOf(event);
          const from = onZoom === undefined ? column : anchor;
          if (anchor !== undefined && from !== undefined) choose(from, column);
        }}
        onPointerCancel={clear}
        style={MARGIN}
        className={`absolute touch-pan-y rounded-sm select-none ${isPickable ? "cursor-pointer" : onZoom === undefined ? "" : "cursor-crosshair"}`}
      >
        {at !== undefined && (
          <Band
            from={Math.min(at, anchor ?? at)}
            to={Math.max(at, anchor ?? at)}
            count={count}
            isStrong={anchor !== undefined && anchor !== at}
          />
        )}
        {at !== undefined && point !== undefined && (
          <Tip column={at} count={count}>
            <p className="text-faint">{names.full(point.at)}</p>
            <TipCounts point={point} series={series} />
          </Tip>
        )}
      </div>
      <span id={hintId} hidden>
        {`Arrows go through it${isPickable ? ", Enter opens" : ""}${onZoom === undefined ? "" : ", Shift and arrows mark a range, which Enter zooms into"}.`}
      </span>
    </>
  );
}

function Band({ from, to, count, isStrong }: { from: number; to: number; count: number; isStrong: boolean }) {
  return (
    <div
      aria-hidden
      className={`absolute inset-y-0 ${isStrong ? "border-x border-ink/50 bg-ink/12" : "bg-ink/6"}`}
      style={{ left: `${(from / count) * 100}%`, width: `${((to - from + 1) / count) * 100}%` }}
    />
  );
}

/** Beside the column, on the side with more room. */
function Tip({ column, count, children }: { column: number; count: number; children: ReactNode }) {
  const isLeft = column < count / 2;
  const place = isLeft
    ? { left: `${((column + 1) / count) * 100}%` }
    : { right: `${((count - column) / count) * 100}%` };
  return (
    <div
      aria-hidden
      style={place}
      className="pointer-events-none absolute top-1 z-10 mx-1.5 w-max rounded-lg border border-edge bg-bg px-2.5 py-1.5 text-xs shadow-lg"
    >
      {children}
    </div>
  );
}

function TipCounts({ point, series }: { point: VolumePoint; series: readonly VolumeSeries[] }) {
  const shown = series
    .map((each, index) => ({ ...each, count: point.values[index] ?? 0 }))
    .filter(({ count }) => count > 0);
  if (shown.length === 0) return <p>none</p>;
  return (
    <dl className="mt-0.5">
      {/* As they lie on one another. */}
      {shown.toReversed().map(({ name, color, count }) => (
        <div key={name} className="flex items-center gap-1.5">
          <dt className="flex grow items-center gap-1.5">
            <span className="size-2 rounded-[2px]" style={{ background: color }} />
            {name}
          </dt>
          <dd className="pl-3 font-medium tabular-nums">{count.toLocaleString("en")}</dd>
        </div>
      ))}
    </dl>
  );
}

function VolumeTable(props: {
  label: string;
  series: readonly VolumeSeries[];
  points: readonly VolumePoint[];
  names: BucketNames;
  isShown: boolean;
}) {
  return (
    <div className={props.isShown ? "max-h-64 overflow-y-auto text-xs" : "sr-only"}>
      <table>
        <caption>{props.label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {props.series.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.points.map(({ at, values }) => (
            <tr key={at}>
              <th scope="row">{props.names.full(at)}</th>
              {values.map((count, index) => (
                <td key={index} className="tabular-nums">
                  {count}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function describe(point: VolumePoint | undefined, series: readonly VolumeSeries[], names: BucketNames): string {
  if (point === undefined) return "";
  const counts = series.map(({ name }, index) => `${formatCount(point.values[index] ?? 0)} ${name}`);
  return `${names.full(point.at)}: ${counts.join(", ")}`;
}
