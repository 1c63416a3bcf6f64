/** The page of one reconciliation policy: its runs, the balances of both sides, and the breaks of one run. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { BREAK_STATES, type Break, type ReconciliationRun } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { DataTable, type Column } from '../components/data-table';
import { LegTable } from '../components/leg-table';
import { FilterForm, SelectFilter } from '../components/filter-form';
import { Page, Section } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { QueryView } from '../components/query-view';
import { Amount, RelativeTime, Time } from '../components/values';
import { BreakStatus, VerdictStatus } from '../components/verdict-status';
import { formatTime } from '../format/time';

export function PolicyPage() {
  const { policy, run: runId } = useSearch({ from: '/reconciliation/policy' });
  const query = useApiQuery<{ items: ReconciliationRun[] }>('reconciliation/runs', { policy });
  return (
    <Page title={policy ?? 'Policy'} description={<Link to="/reconciliation">All policies</Link>}>
      <QueryView
        query={query}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <>
            The policy was never run. Run it with <code>tributary reconcile run</code>.
          </>
        }
      >
        {({ items }) => {
          const run = items.find(({ id }) => id === runId) ?? items[0];
          return run && <RunView key={run.id} run={run} runs={items} />;
        }}
      </QueryView>
    </Page>
  );
}

function RunView({ run, runs }: { run: ReconciliationRun; runs: readonly ReconciliationRun[] }) {
  const navigate = useNavigate();
  const { verdict, summary, finishedAt, policy } = run;
  return (
    <>
      <div className="row">
        <VerdictStatus verdict={verdict} />
        <span className="muted">
          <Time at={finishedAt} />
        </span>
        <label>
          <span className="visually-hidden">Run</span>
          <select
            value={run.id}
            onChange={({ target }) =>
              void navigate({ to: '/reconciliation/policy', search: { policy, run: target.value } })
            }
          >
            {runs.map(({ id, finishedAt: end, verdict: word }) => (
              <option key={id} value={id}>
                {`${formatTime(Date.parse(end))}, ${word}`}
              </option>
            ))}
          </select>
        </label>
      </div>
      {summary.problems.length > 0 && (
        <div className="notice bad">
          <strong>The data cannot prove anything yet</strong>
          <ul>
            {summary.problems.map((problem) => (
              <li key={problem}>{problem}</li>
            ))}
          </ul>
        </div>
      )}
      {summary.notMade.length > 0 && (
        <div className="notice warning">
          <strong>Checks that were not made</strong>
          <ul>
            {summary.notMade.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      {summary.legs !== undefined && (
        <Section title="Legs">
          <LegTable legs={summary.legs} />
        </Section>
      )}
      <Section title="Balances">
        <DataTable
          caption="Sums of both sides"
          columns={BALANCE_COLUMNS}
          rows={summary.balances}
          getKey={({ account, asset }) => `${account} ${asset}`}
        />
      </Section>
      <BreaksSection run={run} />
    </>
  );
}

const BALANCE_COLUMNS: readonly Column<ReconciliationRun['summary']['balances'][number]>[] = [
  { header: 'Account', isRowHeader: true, render: ({ account }) => <span className="mono">{account}</span> },
  { header: 'In the ledger', render: ({ address }) => <span className="mono">{address}</span> },
  { header: 'PSP', isNumber: true, render: ({ psp, asset }) => <Amount minorUnits={psp} asset={asset} /> },
  {
    header: 'Ledger',
    isNumber: true,
    render: ({ ledger, asset }) => <Amount minorUnits={ledger} asset={asset} />,
  },
  {
    header: 'Difference',
    isNumber: true,
    render: ({ difference, asset }) => <Amount minorUnits={difference} asset={asset} />,
  },
  {
    header: 'Unexplained',
    isNumber: true,
    render: ({ residual, asset }) => <Amount minorUnits={residual} asset={asset} />,
  },
];

const BREAK_COLUMNS: readonly Column<Break>[] = [
  {
    header: 'Break',
    isRowHeader: true,
    render: ({ id, class: breakClass, isNew }) => (
      <>
        <Link to="/reconciliation/break" search={{ id }}>
          {breakClass}
        </Link>
        {isNew && <span className="muted"> new</span>}
      </>
    ),
  },
  { header: 'State', render: ({ state }) => <BreakStatus state={state} /> },
  {
    header: 'Difference',
    isNumber: true,
    render: ({ differences }) => (
      <ul className="plain-list">
        {differences.map(({ account, asset, amount }) => (
          <li key={`${account} ${asset}`}>
            <Amount minorUnits={amount} asset={asset} />
          </li>
        ))}
      </ul>
    ),
  },
  { header: 'Reason', render: ({ reason }) => reason },
  { header: 'Since', render: ({ since }) => <RelativeTime at={since} /> },
];

function BreaksSection({ run }: { run: ReconciliationRun }) {
  const search = useSearch({ from: '/reconciliation/policy' });
  const navigate = useNavigate();
  const { class: breakClass, state } = search;
  const query = usePagedQuery<Break>('reconciliation/breaks', { run: run.id, class: breakClass, state });
  return (
    <Section title={`Breaks (${run.summary.breaks.count.toLocaleString()})`}>
      <FilterForm
        search={{ class: breakClass, state }}
        onChange={(filters) =>
          void navigate({
            to: '/reconciliation/policy',
            search: { policy: run.policy, run: run.id, ...filters },
          })
        }
      >
        <SelectFilter
          name="class"
          label="Class"
          value={breakClass}
          options={Object.keys(run.summary.classes)}
          allLabel="all"
        />
        <SelectFilter name="state" label="State" value={state} options={BREAK_STATES} allLabel="all" />
      </FilterForm>
      <PagedView query={query} empty="There is no such break.">
        {(breaks) => (
          <DataTable caption="Breaks" columns={BREAK_COLUMNS} rows={breaks} getKey={({ id }) => id} />
        )}
      </PagedView>
    </Section>
  );
}
