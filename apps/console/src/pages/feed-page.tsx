/** The page that searches the rows of a feed, and exports the rows that were found. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { STREAMS, type RecordVersion } from '../api/operator-api.types';
import { DataTable, type Column } from '../components/data-table';
import { ExportButtons } from '../components/export-buttons';
import {
  ConnectorFilter,
  DateFilter,
  FilterForm,
  SelectFilter,
  TextFilter,
  useConnectorPaths,
} from '../components/filter-form';
import { MissingRows } from '../components/missing-rows';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { Loading } from '../components/query-view';
import { Amount, Count, Time } from '../components/values';

const STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED', 'CANCELLED', 'EXPIRED', 'REFUNDED'] as const;

export function FeedPage() {
  const search = useSearch({ from: '/feed' });
  const navigate = useNavigate();
  const { data: connectors } = useConnectorPaths();
  const connector = search.connector ?? connectors?.[0];
  const stream = search.stream ?? 'transactions';
  return (
    <Page title="Feed" description="The rows that clients read: every version of every record.">
      <FilterForm
        search={{ ...search, connector, stream }}
        onChange={(filters) => void navigate({ to: '/feed', search: filters })}
      >
        <ConnectorFilter value={connector} isRequired />
        <SelectFilter name="stream" label="Stream" value={stream} options={STREAMS} />
        <TextFilter name="id" label="Id" value={search.id} placeholder="id of the record" />
        <TextFilter name="account" label="Account" value={search.account} placeholder="id of an account" />
        <TextFilter name="amount" label="Amount" value={search.amount} placeholder="minor units, e.g. 1250" />
        <TextFilter name="asset" label="Asset" value={search.asset} placeholder="EUR/2" />
        <SelectFilter name="status" label="Status" value={search.status} options={STATUSES} allLabel="all" />
        <TextFilter name="text" label="Text" value={search.text} placeholder="any part of the record" />
        <DateFilter name="from" label="Feed time from" value={search.from} />
        <DateFilter name="to" label="Feed time before" value={search.to} />
      </FilterForm>
      {connector === undefined ? <Loading /> : <FeedRows filter={{ ...search, connector, stream }} />}
    </Page>
  );
}

function FeedRows({ filter }: { filter: { connector: string; stream: string } & Record<string, string> }) {
  const query = usePagedQuery<RecordVersion>('records', filter);
  return (
    <PagedView
      query={query}
      empty={<MissingRows connector={filter.connector} stream={filter.stream} id={filter['id']} />}
    >
      {(versions) => (
        <>
          <ExportButtons name={`${filter.connector}-${filter.stream}`} versions={versions} />
          <DataTable
            caption="Rows, newest first"
            columns={createColumns(filter.connector, filter.stream)}
            rows={versions}
            getKey={({ sequence }) => sequence}
          />
        </>
      )}
    </PagedView>
  );
}

function createColumns(connector: string, stream: string): readonly Column<RecordVersion>[] {
  const common: readonly Column<RecordVersion>[] = [
    {
      header: 'Id',
      isRowHeader: true,
      render: ({ id }) => (
        <Link to="/record" search={{ connector, stream, id }} className="mono">
          {id}
        </Link>
      ),
    },
    { header: 'Row', isNumber: true, render: ({ sequence }) => <Count value={sequence} /> },
    { header: 'Feed time', render: ({ feedTime }) => <Time at={feedTime} /> },
  ];
  if (stream !== 'transactions')
    return [
      ...common,
      { header: 'Name', render: ({ record }) => getText(record, 'accountName', 'ownerName', 'name') },
    ];
  return [
    ...common,
    { header: 'Type', render: ({ record }) => getText(record, 'type') },
    { header: 'Status', render: ({ record }) => getText(record, 'status') },
    { header: 'Amount', isNumber: true, render: ({ record }) => <RecordAmount record={record} /> },
    { header: 'From', render: ({ record }) => <Id text={getText(record, 'sourceAccountID')} /> },
    { header: 'To', render: ({ record }) => <Id text={getText(record, 'destinationAccountID')} /> },
  ];
}

function Id({ text }: { text: string | undefined }) {
  return text === undefined ? null : <span className="mono">{text}</span>;
}

function RecordAmount({ record }: { record: RecordVersion['record'] }) {
  const amount = record?.['amount'];
  const asset = getText(record, 'currency', 'asset');
  if (asset === undefined || (typeof amount !== 'string' && typeof amount !== 'number')) return null;
  return <Amount minorUnits={String(amount)} asset={asset} />;
}

/** Returns the value of the first of these properties that contains a text. */
function getText(record: RecordVersion['record'], ...names: string[]): string | undefined {
  return names.map((name) => record?.[name]).find((value) => typeof value === 'string');
}
