/** The page that lists the reconciliation policies with their newest runs. */
import { Link } from '@tanstack/react-router';
import type { Policy } from '../api/operator-api.types';
import { DataTable, type Column } from '../components/data-table';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { RelativeTime } from '../components/values';
import { VerdictStatus } from '../components/verdict-status';

const COLUMNS: readonly Column<Policy>[] = [
  {
    header: 'Policy',
    isRowHeader: true,
    render: ({ policy }) => (
      <Link to="/reconciliation/policy" search={{ policy }}>
        {policy}
      </Link>
    ),
  },
  { header: 'Ledger', render: ({ ledger }) => ledger },
  {
    header: 'Verdict',
    render: ({ newestRun }) =>
      newestRun ? <VerdictStatus verdict={newestRun.verdict} /> : <span className="muted">never run</span>,
  },
  {
    header: 'Breaks',
    isNumber: true,
    render: ({ newestRun }) => newestRun?.summary.breaks.count.toLocaleString(),
  },
  {
    header: 'New',
    isNumber: true,
    render: ({ newestRun }) => newestRun?.summary.breaks.new.toLocaleString(),
  },
  { header: 'Last run', render: ({ newestRun }) => newestRun && <RelativeTime at={newestRun.finishedAt} /> },
];

export function ReconciliationPage() {
  const query = usePagedQuery<Policy>('reconciliation', {});
  return (
    <Page
      title="Reconciliation"
      description="Whether the movements at the PSPs and the bookings in a ledger agree."
    >
      <PagedView
        query={query}
        empty={
          <>
            The deployment file has no policy. A policy under <code>reconciliation.policies</code> compares
            accounts of connectors with a ledger.
          </>
        }
      >
        {(policies) => (
          <DataTable caption="Policies" columns={COLUMNS} rows={policies} getKey={({ policy }) => policy} />
        )}
      </PagedView>
    </Page>
  );
}
