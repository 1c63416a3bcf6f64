/** Charts of the balances of one account over time, one chart for each asset. */
import { useMemo } from 'react';
import type { AccountBalances } from '../api/operator-api.types';
import { formatAmount, splitAsset, toDecimal } from '../format/amount';
import { Chart } from './chart';

/** The minimum number of days for a chart. A chart with one point shows no development. */
const MIN_DAYS = 2;

/** @param days the balances of each day, in any order */
export function BalanceCharts({ days }: { days: readonly AccountBalances[] }) {
  const assets = useMemo(() => toSeriesByAsset(days), [days]);
  return (
    <div className="columns">
      {[...assets].map(([asset, points]) => (
        <AssetChart key={asset} asset={asset} points={points} />
      ))}
    </div>
  );
}

interface Point {
  atMs: number;
  minorUnits: string;
}

function AssetChart({ asset, points }: { asset: string; points: readonly Point[] }) {
  const { times, series, formatValue } = useMemo(() => {
    const { currency, precision } = splitAsset(asset);
    return {
      times: points.map(({ atMs }) => atMs),
      series: [
        {
          label: currency,
          color: '--chart-1' as const,
          // The line needs only the position of each point in pixels. The table below the charts contains the exact amounts.
          values: points.map(({ minorUnits }) => Number(toDecimal(minorUnits, precision))),
        },
      ],
      formatValue: (value: number) => value.toLocaleString(undefined, { notation: 'compact' }),
    };
  }, [asset, points]);
  const last = points.at(-1);
  if (last === undefined || points.length < MIN_DAYS) return null;
  const { number, currency } = formatAmount(last.minorUnits, asset);
  return (
    <figure className="panel stack">
      <figcaption>{currency}</figcaption>
      <Chart
        label={`Balance in ${currency} on ${points.length} days, last ${number} ${currency}`}
        times={times}
        series={series}
        formatValue={formatValue}
      />
    </figure>
  );
}

function toSeriesByAsset(days: readonly AccountBalances[]): Map<string, Point[]> {
  const points = new Map<string, Point[]>();
  const sorted = [...days].sort((a, b) => Date.parse(a.observedAt) - Date.parse(b.observedAt));
  for (const { observedAt, balances } of sorted)
    for (const { asset, amount } of balances) {
      const ofAsset = points.get(asset) ?? [];
      ofAsset.push({ atMs: Date.parse(observedAt), minorUnits: amount });
      points.set(asset, ofAsset);
    }
  return points;
}
