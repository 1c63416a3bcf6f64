/** The page that lists the rejected records and data warnings that are not resolved. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { STREAMS, type QuarantineEntry } from '../api/operator-api.types';
import { ConnectorLink } from '../components/connector-link';
import { DataTable, type Column } from '../components/data-table';
import { ConnectorFilter, FilterForm, SelectFilter, TextFilter } from '../components/filter-form';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { RetryAllButton } from '../components/quarantine-actions';
import { QuarantineKind } from '../components/quarantine-kind';
import { RelativeTime } from '../components/values';
import { shortenId } from '../format/shorten-id';

const KINDS: readonly QuarantineEntry['kind'][] = ['rejected-record', 'data-warning'];

const COLUMNS: readonly Column<QuarantineEntry>[] = [
  {
    header: 'Id',
    isRowHeader: true,
    render: ({ connector, stream, kind, id }) => (
      <Link to="/quarantine/entry" search={{ connector, stream, kind, id }} className="mono">
        {shortenId(id)}
      </Link>
    ),
  },
  { header: 'Kind', render: ({ kind }) => <QuarantineKind kind={kind} /> },
  { header: 'Reason', render: ({ reason }) => reason },
  {
    header: 'Connector',
    render: ({ connector }) => <ConnectorLink connector={connector} />,
  },
  { header: 'Stream', render: ({ stream }) => stream },
  { header: 'First seen', render: ({ since }) => <RelativeTime at={since} /> },
];

const EMPTY_QUARANTINE = 'The quarantine is empty. Every record that the PSPs sent is served.';
const NO_SUCH_ENTRY = 'The quarantine has no entry with these properties.';

export function QuarantinePage() {
  const search = useSearch({ from: '/quarantine' });
  const navigate = useNavigate();
  const query = usePagedQuery<QuarantineEntry>('quarantine', search);
  return (
    <Page
      title="Quarantine"
      description="Records that the gateway rejected and does not serve, and warnings about the data of a PSP."
      actions={
        search.connector !== undefined && (
          <RetryAllButton connector={search.connector} stream={search.stream} />
        )
      }
    >
      <FilterForm
        search={search}
        onChange={(filters) => void navigate({ to: '/quarantine', search: filters })}
      >
        <ConnectorFilter value={search.connector} />
        <SelectFilter name="stream" label="Stream" value={search.stream} options={STREAMS} allLabel="all" />
        <TextFilter name="id" label="Id" value={search.id} placeholder="id at the PSP" />
        <SelectFilter name="kind" label="Kind" value={search.kind} options={KINDS} allLabel="all" />
      </FilterForm>
      <PagedView query={query} empty={isFiltered(search) ? NO_SUCH_ENTRY : EMPTY_QUARANTINE}>
        {(entries) => (
          <DataTable
            caption="Entries, newest first"
            columns={COLUMNS}
            rows={entries}
            getKey={({ connector, stream, kind, id }) => `${connector} ${stream} ${kind} ${id}`}
          />
        )}
      </PagedView>
    </Page>
  );
}

function isFiltered(search: Readonly<Record<string, string | undefined>>): boolean {
  return Object.values(search).some((value) => value !== undefined);
}
