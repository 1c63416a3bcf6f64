/** The page that lists the balances that the PSPs reported, and shows whether the rows explain them. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { AccountBalances, BalanceCheck } from '../api/operator-api.types';
import { BalanceCharts } from '../components/balance-charts';
import { DataTable, type Column } from '../components/data-table';
import { ConnectorFilter, FilterForm } from '../components/filter-form';
import { Page, Section } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { Amount, RelativeTime, Status, Time, type Tone } from '../components/values';

const BALANCE_COLUMNS: readonly Column<AccountBalances>[] = [
  {
    header: 'Account',
    isRowHeader: true,
    render: ({ connector, account }) => (
      <Link to="/balances" search={{ connector, account }} className="mono">
        {account}
      </Link>
    ),
  },
  {
    header: 'Connector',
    render: ({ connector }) => (
      <Link to="/balances" search={{ connector }}>
        {connector}
      </Link>
    ),
  },
  { header: 'Balance', isNumber: true, render: ({ balances }) => <Amounts balances={balances} /> },
  { header: 'Observed', render: ({ observedAt }) => <RelativeTime at={observedAt} /> },
];

const HISTORY_COLUMNS: readonly Column<AccountBalances>[] = [
  { header: 'Last observed', isRowHeader: true, render: ({ observedAt }) => <Time at={observedAt} /> },
  { header: 'Balance', isNumber: true, render: ({ balances }) => <Amounts balances={balances} /> },
];

function Amounts({ balances }: Pick<AccountBalances, 'balances'>) {
  return (
    <ul className="plain-list">
      {balances.map(({ asset, amount }) => (
        <li key={asset}>
          <Amount minorUnits={amount} asset={asset} />
        </li>
      ))}
    </ul>
  );
}

const CHECK_STATES: Readonly<Record<BalanceCheck['state'], readonly [Tone, string]>> = {
  agreed: ['good', 'agrees'],
  suspected: ['warning', 'differs, may be late'],
  gap: ['bad', 'differs'],
  'not-compared': ['neutral', 'not compared'],
};

const CHECK_COLUMNS: readonly Column<BalanceCheck>[] = [
  { header: 'Account', isRowHeader: true, render: ({ account }) => <span className="mono">{account}</span> },
  {
    header: 'State',
    render: ({ state }) => {
      const [tone, word] = CHECK_STATES[state];
      return <Status tone={tone}>{word}</Status>;
    },
  },
  {
    header: 'Opening',
    isNumber: true,
    render: ({ opening, asset }) => opening && <Amount minorUnits={opening} asset={asset} />,
  },
  { header: 'Rows', isNumber: true, render: ({ rows, asset }) => <Amount minorUnits={rows} asset={asset} /> },
  {
    header: 'Difference',
    isNumber: true,
    render: ({ difference, asset }) => difference && <Amount minorUnits={difference} asset={asset} />,
  },
  { header: 'Differs since', render: ({ since }) => since && <RelativeTime at={since} /> },
  { header: 'Agreed last', render: ({ agreedAt }) => agreedAt && <RelativeTime at={agreedAt} /> },
];

export function BalancesPage() {
  const { connector, account } = useSearch({ from: '/balances' });
  const navigate = useNavigate();
  const query = usePagedQuery<AccountBalances>('balances', { connector });
  return (
    <Page
      title="Balances"
      description="What the PSPs reported, and whether opening balance plus rows explain it."
    >
      <FilterForm
        search={{ connector }}
        onChange={(filters) => void navigate({ to: '/balances', search: filters })}
      >
        <ConnectorFilter value={connector} />
      </FilterForm>
      {connector !== undefined && account !== undefined && (
        <HistorySection connector={connector} account={account} />
      )}
      {connector !== undefined && <CheckSection connector={connector} />}
      <Section title="Last observed balances">
        <PagedView
          query={query}
          empty="No balance was observed yet. Balances are read when a client asks for them."
        >
          {(balances) => (
            <DataTable
              caption="Last observed balances"
              columns={BALANCE_COLUMNS}
              rows={balances}
              getKey={({ connector: path, account }) => `${path} ${account}`}
            />
          )}
        </PagedView>
      </Section>
    </Page>
  );
}

function HistorySection({ connector, account }: { connector: string; account: string }) {
  const query = usePagedQuery<AccountBalances>('balance-history', { connector, account });
  return (
    <Section title={`Balances of ${account} over time`}>
      <PagedView query={query} empty="No balance of this account was observed yet.">
        {(days) => (
          <>
            <BalanceCharts days={days} />
            <DataTable
              caption="Last balances of each day (UTC), newest first"
              columns={HISTORY_COLUMNS}
              rows={days}
              getKey={({ observedAt }) => observedAt}
            />
          </>
        )}
      </PagedView>
    </Section>
  );
}

function CheckSection({ connector }: { connector: string }) {
  const query = usePagedQuery<BalanceCheck>('completeness', { connector });
  return (
    <Section title={`Completeness of ${connector}`}>
      <PagedView query={query} empty="No balance of this connector was compared with its rows yet.">
        {(checks) => (
          <DataTable
            caption="Opening balance plus rows, compared with the balance at the PSP"
            columns={CHECK_COLUMNS}
            rows={checks}
            getKey={({ account, asset }) => `${account} ${asset}`}
          />
        )}
      </PagedView>
    </Section>
  );
}
