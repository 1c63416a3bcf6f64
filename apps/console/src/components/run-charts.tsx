/** Charts of the stored runs (results of pulls): their duration and the number of records. */
import { useMemo } from 'react';
import type { SyncRun } from '../api/operator-api.types';
import { formatDuration } from '../format/time';
import { Chart, type ChartSeries } from './chart';

/** The minimum number of runs for a chart. A chart with one point shows no development. */
const MIN_RUNS = 2;

export function RunCharts({ runs }: { runs: readonly SyncRun[] }) {
  const { times, durations, rows } = useMemo(() => toSeries(runs), [runs]);
  if (times.length < MIN_RUNS) return null;
  return (
    <div className="columns">
      <figure className="panel stack">
        <figcaption>Time of a pull</figcaption>
        <Chart
          label="Time of each pull below"
          times={times}
          series={durations}
          formatValue={formatDuration}
        />
      </figure>
      <figure className="panel stack">
        <figcaption>Rows and rejected records of a pull</figcaption>
        <Chart label="Rows of each pull below" times={times} series={rows} formatValue={formatWhole} />
      </figure>
    </div>
  );
}

function formatWhole(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString() : '';
}

function toSeries(runs: readonly SyncRun[]): {
  times: number[];
  durations: ChartSeries[];
  rows: ChartSeries[];
} {
  const sorted = [...runs].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
  return {
    times: sorted.map(({ startedAt }) => Date.parse(startedAt)),
    durations: [{ label: 'time', color: '--chart-3', values: sorted.map(({ durationMs }) => durationMs) }],
    rows: [
      { label: 'rows', color: '--chart-1', values: sorted.map(({ added, changed }) => added + changed) },
      { label: 'rejected', color: '--chart-2', values: sorted.map(({ rejected }) => rejected) },
    ],
  };
}
