/** The page of one break: its items on both sides, the reason, and the decisions of people. */
import { Link, useSearch } from '@tanstack/react-router';
import type { Break, BreakDetails, ItemOfBreak } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { BreakActions } from '../components/break-actions';
import { BreakDecisionTable } from '../components/break-decision-table';
import { DataTable, type Column } from '../components/data-table';
import { Facts, Page, Section } from '../components/page';
import { QueryView } from '../components/query-view';
import { Amount, Time } from '../components/values';
import { BreakStatus } from '../components/verdict-status';

const ITEM_COLUMNS: readonly Column<ItemOfBreak>[] = [
  { header: 'Side', isRowHeader: true, render: ({ side }) => (side === 'psp' ? 'PSP' : 'ledger') },
  {
    header: 'Record',
    render: ({ side, source, recordId }) =>
      side === 'psp' ? (
        <Link
          to="/record"
          search={{ connector: source, stream: 'transactions', id: recordId }}
          className="mono"
        >
          {recordId}
        </Link>
      ) : (
        <span className="mono">{recordId}</span>
      ),
  },
  { header: 'Account', render: ({ account }) => <span className="mono">{account}</span> },
  {
    header: 'Amount',
    isNumber: true,
    render: ({ amount, asset }) => <Amount minorUnits={amount} asset={asset} />,
  },
  { header: 'State', render: ({ state }) => state },
  { header: 'At', render: ({ at }) => <Time at={at} /> },
];

export function BreakPage() {
  const { id } = useSearch({ from: '/reconciliation/break' });
  const query = useApiQuery<BreakDetails>('reconciliation/break', { id });
  return (
    <Page
      title={query.data === undefined ? 'Break' : `Break: ${query.data.break.class}`}
      description={
        query.data && (
          <Link to="/reconciliation/policy" search={{ policy: query.data.policy }}>
            {query.data.policy}
          </Link>
        )
      }
    >
      <QueryView query={query}>
        {({ break: found, events }) => (
          <>
            <BreakActions breakId={found.id} />
            <BreakFacts found={found} />
            {found.object === undefined && <ItemsSection found={found} />}
            {found.suggestion !== undefined && (
              <Section title="Its partner may be">
                <DataTable
                  caption="Suggested partner"
                  columns={ITEM_COLUMNS}
                  rows={[found.suggestion]}
                  getKey={({ recordId }) => recordId}
                />
              </Section>
            )}
            <BreakDecisionTable decisions={events} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

function ItemsSection({ found }: { found: Break }) {
  return (
    <Section title={found.itemCount > found.items.length ? `The first of ${found.itemCount} items` : 'Items'}>
      <DataTable
        caption="Items of the break"
        columns={ITEM_COLUMNS}
        rows={found.items}
        getKey={({ side, source, recordId, account, asset }) =>
          [side, source, recordId, account, asset].join(' ')
        }
      />
    </Section>
  );
}

function BreakFacts({ found }: { found: Break }) {
  const { acceptance } = found;
  return (
    <div className="panel">
      <Facts
        facts={[
          ['State', <BreakStatus key="state" state={found.state} />],
          ['Reason', found.reason],
          [
            'Object',
            found.object && (
              <>
                {found.object.kind} <span className="mono">{found.object.id}</span> of{' '}
                <span className="mono">{found.object.source}</span>
              </>
            ),
          ],
          [
            'Difference',
            found.differences.length === 0 ? undefined : (
              <ul key="differences" className="plain-list">
                {found.differences.map(({ account, asset, amount }) => (
                  <li key={`${account} ${asset}`}>
                    <Amount minorUnits={amount} asset={asset} /> on <span className="mono">{account}</span>
                  </li>
                ))}
              </ul>
            ),
          ],
          ['Key', found.key && <code>{found.key}</code>],
          ['Since', <Time key="since" at={found.since} />],
          ['Open from', found.pendingUntil && <Time at={found.pendingUntil} />],
          ['Assigned to', found.assignee],
          [
            'Accepted',
            acceptance && (
              <>
                by {acceptance.by}, <Time at={acceptance.at} />: {acceptance.note}
              </>
            ),
          ],
        ]}
      />
    </div>
  );
}
