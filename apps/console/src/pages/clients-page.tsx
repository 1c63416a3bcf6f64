/** The page that lists the clients of each connector, with the time of their last request and their position in the feeds. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Client, ClientsOfConnector } from '../api/operator-api.types';
import { DataTable, type Column } from '../components/data-table';
import { ConnectorFilter, FilterForm } from '../components/filter-form';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { Count, Duration, RelativeTime, Status } from '../components/values';

const REFRESH_MS = 10_000;

interface ClientRow extends Omit<Client, 'streams'> {
  connector: string;
  stream?: Client['streams'][number];
}

const COLUMNS: readonly Column<ClientRow>[] = [
  { header: 'Connector', isRowHeader: true, render: ({ connector }) => connector },
  { header: 'Client', render: ({ reader }) => <span className="mono">{reader.slice(0, 12)}</span> },
  {
    header: 'Key',
    render: ({ isConfigured, scopes }) =>
      isConfigured ? scopes.join(', ') : <Status tone="warning">no longer in the file</Status>,
  },
  {
    header: 'Stream',
    render: ({ stream }) => stream?.stream ?? <span className="muted">never seen</span>,
  },
  {
    header: 'Rows behind',
    isNumber: true,
    render: ({ stream }) => stream?.rowsBehind !== undefined && <Count value={stream.rowsBehind} />,
  },
  {
    header: 'Polls every',
    isNumber: true,
    render: ({ stream }) => stream?.pollIntervalMs !== undefined && <Duration ms={stream.pollIntervalMs} />,
  },
  { header: 'Requests', isNumber: true, render: ({ stream }) => stream && <Count value={stream.requests} /> },
  { header: 'Last read', render: ({ stream }) => stream && <RelativeTime at={stream.lastReadAt} /> },
];

export function ClientsPage() {
  const { connector } = useSearch({ from: '/clients' });
  const navigate = useNavigate();
  const query = usePagedQuery<ClientsOfConnector>('clients', { connector }, { refetchMs: REFRESH_MS });
  return (
    <Page
      title="Clients"
      description="One client for each API key: when it was last seen, and how far it has read."
    >
      <FilterForm
        search={{ connector }}
        onChange={(filters) => void navigate({ to: '/clients', search: filters })}
      >
        <ConnectorFilter value={connector} />
      </FilterForm>
      <PagedView query={query} empty="No connector has a client.">
        {(connectors) => (
          <>
            <UnauthorizedNotice connectors={connectors} />
            <DataTable
              caption="Clients"
              columns={COLUMNS}
              rows={connectors.flatMap(toRows)}
              getKey={({ connector: path, reader, stream }) => `${path} ${reader} ${stream?.stream ?? ''}`}
            />
          </>
        )}
      </PagedView>
    </Page>
  );
}

/** Shows that there were requests with a wrong key. The client itself gets no rows, so the operator must find out. */
function UnauthorizedNotice({ connectors }: { connectors: readonly ClientsOfConnector[] }) {
  const affected = connectors.filter(({ unauthorizedRequests }) => unauthorizedRequests > 0);
  if (affected.length === 0) return null;
  return (
    <div className="notice warning">
      <strong>Requests without a valid key</strong>
      <ul>
        {affected.map(({ connector, unauthorizedRequests }) => (
          <li key={connector}>
            {connector}: <Count value={unauthorizedRequests} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function toRows({ connector, clients }: ClientsOfConnector): ClientRow[] {
  return clients.flatMap(({ streams, ...client }) =>
    streams.length === 0
      ? [{ ...client, connector }]
      : streams.map((stream) => ({ ...client, connector, stream })),
  );
}
