/** A chart over time, drawn with uPlot. The user can also open a table with the data of the chart. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { formatAxisTimes } from '../format/time';
import 'uplot/dist/uPlot.min.css';

const HEIGHT_PX = 180;
const MIN_WIDTH_PX = 200;
/** The minimum distance of two marks on the time axis. If the marks are days, each has a date, which is wider than a time. */
const TIME_MARK_DISTANCE_PX = 60;
const DATE_MARK_DISTANCE_PX = 90;
const DAY_MS = 86_400_000;

export interface ChartSeries {
  label: string;
  /** The CSS variable of console.css that contains the colour. */
  color: '--chart-1' | '--chart-2' | '--chart-3';
  /** The values of the line, one value for each time. */
  values: readonly number[];
}

export function Chart({
  label,
  times,
  series,
  formatValue,
}: {
  /** A description of the chart for screen readers. */
  label: string;
  /** The times in milliseconds since 1970, in ascending order. */
  times: readonly number[];
  series: readonly ChartSeries[];
  formatValue: (value: number) => string;
}) {
  const container = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = container.current;
    if (element === null) return;
    const style = getComputedStyle(document.documentElement);
    const text = style.getPropertyValue('--muted');
    const axis = { stroke: resolveColor(element, text), grid: { stroke: 'rgb(128 128 128 / 20%)' } };
    const plot = new uPlot(
      {
        width: Math.max(MIN_WIDTH_PX, element.clientWidth),
        height: HEIGHT_PX,
        ms: 1,
        legend: { show: series.length > 1, live: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_plot, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
        axes: [
          {
            ...axis,
            space: (_plot, _axis, fromMs, toMs, widthPx) => getMarkDistance((toMs - fromMs) / widthPx),
            values: (_plot, marks, _axis, _space, distanceMs) => formatAxisTimes(marks, distanceMs),
          },
          { ...axis, size: 70, values: (_plot, ticks) => ticks.map(formatValue) },
        ],
        series: [
          {},
          ...series.map(({ label: name, color }) => ({
            label: name,
            stroke: resolveColor(element, style.getPropertyValue(color)),
            width: 2,
            points: { show: times.length < 30 },
          })),
        ],
      },
      [[...times], ...series.map(({ values }) => [...values])],
      element,
    );
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: Math.max(MIN_WIDTH_PX, element.clientWidth), height: HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, series, formatValue]);
  return <div className="chart" ref={container} role="img" aria-label={label} />;
}

function getMarkDistance(msPerPx: number): number {
  return msPerPx * DATE_MARK_DISTANCE_PX > DAY_MS ? DATE_MARK_DISTANCE_PX : TIME_MARK_DISTANCE_PX;
}

/** Returns the colour of the present theme. The browser computes it from CSS, because a canvas does not support `light-dark()`. */
function resolveColor(element: HTMLElement, color: string): string {
  const previous = element.style.color;
  element.style.color = color;
  const resolved = getComputedStyle(element).color;
  element.style.color = previous;
  return resolved;
}
