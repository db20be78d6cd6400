/** Stacked bars over time. Loaded when a chart is shown: the library is larger than all the rest of the pages. */
import { BarChart, type BarSeriesOption } from "echarts/charts";
import {
  GridComponent,
  type GridComponentOption,
  MarkLineComponent,
  type MarkLineComponentOption,
} from "echarts/components";
import { type ComposeOption, type ECharts, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { formatCount } from "../ui/count.ts";
import { MARGIN } from "./margin.ts";

use([BarChart, GridComponent, MarkLineComponent, SVGRenderer]);

type Option = ComposeOption<BarSeriesOption | GridComponentOption | MarkLineComponentOption>;

export interface Bars {
  readonly columns: readonly { readonly name: string; readonly isLabelled: boolean }[];
  readonly series: readonly { readonly name: string; readonly color: string; readonly values: readonly number[] }[];
  readonly marks: readonly { readonly column: number; readonly name: string }[];
}

export interface BarsDrawing extends Disposable {
  draw(bars: Bars): void;
}

const GAP_SHARE = "18%";
const BAR_WIDTH_MAX = 40;
/** An hour with one event is seen although another had thousands. */
const BAR_HEIGHT_MIN = 2;
const ARRIVES_MS = 250;
const TEXT_SIZE = 11;
const TEXT_GAP = 6;
/** So much room a name needs: where there is less, every second has one, or every third. At even distances. */
const NAME_PX = 50;
/** So near an end of the chart, the name of a mark would not fit if the mark were its middle. */
const END_SHARE = 0.12;

/** Colours are CSS: drawn as SVG, the chart follows the theme by itself. */
export function startBars(element: HTMLElement): BarsDrawing {
  const chart: ECharts = init(element, null, { renderer: "svg" });
  let drawn: Bars | undefined;
  const draw = (bars: Bars) => {
    drawn = bars;
    chart.setOption(optionOf(bars, chart.getWidth()), { notMerge: true });
  };
  const resized = new ResizeObserver(() => {
    const beforePx = chart.getWidth();
    chart.resize();
    // Another width has room for more names, or fewer.
    if (drawn !== undefined && chart.getWidth() !== beforePx) draw(drawn);
  });
  resized.observe(element);
  return {
    draw,
    [Symbol.dispose]: () => {
      resized.disconnect();
      chart.dispose();
    },
  };
}

function optionOf({ columns, series, marks }: Bars, widthPx: number): Option {
  const columnPx = Math.max(1, widthPx - MARGIN.left - MARGIN.right) / Math.max(1, columns.length);
  const named = columns.flatMap(({ isLabelled }, index) => (isLabelled ? [index] : []));
  const [first = 0, second = columns.length] = named;
  const step = Math.ceil(NAME_PX / (columnPx * (second - first)));
  const shown = new Set(named.filter((_, at) => at % step === 0));
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: ARRIVES_MS,
    animationDurationUpdate: 0,
    grid: { ...MARGIN, outerBoundsMode: "none" },
    xAxis: {
      type: "category",
      data: columns.map(({ name }) => name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: "var(--color-line)" } },
      axisLabel: {
        color: "var(--color-faint)",
        fontFamily: "inherit",
        fontSize: TEXT_SIZE,
        hideOverlap: true,
        // Names that touch read as one.
        textMargin: [0, TEXT_GAP],
        interval: (index) => shown.has(index),
      },
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 3,
      axisLabel: {
        color: "var(--color-faint)",
        fontFamily: "inherit",
        fontSize: TEXT_SIZE,
        formatter: (count: number) => formatCount(count),
      },
      splitLine: { lineStyle: { color: "var(--color-line)" } },
    },
    series: series.map(({ name, color, values }, index) => ({
      name,
      type: "bar",
      stack: "all",
      // Nothing has no height, not the least.
      data: values.map((count) => (count === 0 ? "-" : count)),
      silent: true,
      barCategoryGap: GAP_SHARE,
      barMaxWidth: BAR_WIDTH_MAX,
      barMinHeight: BAR_HEIGHT_MIN,
      itemStyle: { color },
      // The pointer is watched around the chart; lighter colours would have to be computed from the theme's.
      emphasis: { disabled: true },
      ...(index === 0 && marks.length > 0 && { markLine: markLineOf(marks, columns.length) }),
    })),
  };
}

function markLineOf(marks: Bars["marks"], columnCount: number): NonNullable<BarSeriesOption["markLine"]> {
  return {
    silent: true,
    symbol: "none",
    animation: false,
    lineStyle: { color: "var(--color-dim)", type: "dashed", width: 1 },
    label: { color: "var(--color-dim)", fontFamily: "inherit", fontSize: TEXT_SIZE, formatter: "{b}", distance: 4 },
    data: marks.map(({ column, name }) => ({ xAxis: column, name, label: { align: alignAt(column / columnCount) } })),
  };
}

function alignAt(share: number): "left" | "center" | "right" {
  if (share < END_SHARE) return "left";
  return share > 1 - END_SHARE ? "right" : "center";
}
