/** The table of the legs of a reconciliation run: PSP to feed, feed to Formance Payments, and feed to ledger. */
import type { Leg, LegSummary } from '../api/operator-api.types';
import { DataTable, type Column } from './data-table';
import { VerdictStatus } from './verdict-status';

const LEG_TITLES: Readonly<Record<Leg, string>> = {
  feed: 'PSP to feed',
  payments: 'Feed to Formance Payments',
  ledger: 'Feed to ledger',
};

const COLUMNS: readonly Column<LegSummary>[] = [
  { header: 'Leg', isRowHeader: true, render: ({ leg }) => LEG_TITLES[leg] },
  { header: 'Verdict', render: ({ verdict }) => <VerdictStatus verdict={verdict} /> },
  { header: 'Open breaks', isNumber: true, render: ({ breaks }) => String(breaks.open ?? 0) },
  {
    header: 'Compared',
    render: ({ positions, reasons, verdict }) => (
      <ul className="plain-list">
        {positions.map(({ source, text }) => (
          <li key={source}>
            <span className="mono">{source}</span>: {text}
          </li>
        ))}
        {verdict === 'pending' && reasons.map((reason) => <li key={reason}>{reason}</li>)}
      </ul>
    ),
  },
];

export function LegTable({ legs }: { legs: readonly LegSummary[] }) {
  return <DataTable caption="Legs of the run" columns={COLUMNS} rows={legs} getKey={({ leg }) => leg} />;
}
