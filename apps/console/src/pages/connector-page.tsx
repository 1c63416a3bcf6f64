/** The page of one connector: its streams with their actions, its runs, its settings, and the capabilities of its plugin. */
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ConnectorDetails, FeedStreamStatus, SyncRun } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { DataTable, type Column } from '../components/data-table';
import { ConnectorFilter, FilterForm } from '../components/filter-form';
import { Facts, Page, Section } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { QueryView } from '../components/query-view';
import { RunCharts } from '../components/run-charts';
import { StreamActions } from '../components/stream-actions';
import { StreamState } from '../components/stream-state';
import { Count, Duration, JsonValue, RelativeTime, Time } from '../components/values';

const REFRESH_MS = 5_000;

export function ConnectorPage() {
  const { connector } = useSearch({ from: '/connector' });
  if (connector === undefined) return <ConnectorChoice />;
  return <ConnectorView key={connector} connector={connector} />;
}

function ConnectorChoice() {
  const navigate = useNavigate();
  return (
    <Page title="Connector">
      <FilterForm search={{}} onChange={(filters) => void navigate({ to: '/connector', search: filters })}>
        <ConnectorFilter value={undefined} isRequired />
      </FilterForm>
    </Page>
  );
}

function ConnectorView({ connector }: { connector: string }) {
  const query = useApiQuery<ConnectorDetails>('connector', { connector }, { refetchMs: REFRESH_MS });
  return (
    <Page
      title={connector}
      description={query.data && `${query.data.title}, plugin ${query.data.plugin}`}
      actions={
        <>
          <Link to="/quarantine" search={{ connector }} className="button">
            Quarantine
          </Link>
          <Link to="/balances" search={{ connector }} className="button">
            Balances
          </Link>
          <Link to="/clients" search={{ connector }} className="button">
            Clients
          </Link>
          {query.data?.canPay === true && (
            <Link to="/orders" search={{ connector }} className="button">
              Orders
            </Link>
          )}
        </>
      }
    >
      <QueryView query={query}>
        {(details) => (
          <>
            <Section title="Streams">
              {details.streams.length === 0 ? (
                <div className="empty">Nothing has been pulled yet.</div>
              ) : (
                <DataTable
                  caption="Streams"
                  columns={createStreamColumns(details)}
                  rows={details.streams}
                  getKey={({ stream }) => stream}
                />
              )}
            </Section>
            <RunsSection connector={connector} />
            <ConfigurationSection details={details} />
          </>
        )}
      </QueryView>
    </Page>
  );
}

function createStreamColumns({
  connector,
  syncIntervalMs,
}: ConnectorDetails): readonly Column<FeedStreamStatus>[] {
  return [
    {
      header: 'Stream',
      isRowHeader: true,
      render: ({ stream }) => (
        <Link to="/feed" search={{ connector, stream }}>
          {stream}
        </Link>
      ),
    },
    {
      header: 'State',
      render: (status) => (
        <>
          <StreamState status={status} syncIntervalMs={syncIntervalMs} />
          {status.lastRun?.error !== undefined && <div className="error-text">{status.lastRun.error}</div>}
        </>
      ),
    },
    { header: 'Behind the PSP', isNumber: true, render: ({ lagMs }) => <Duration ms={lagMs} /> },
    { header: 'Rows', isNumber: true, render: ({ rows }) => <Count value={rows} /> },
    { header: 'Newest row', render: ({ lastRowAt }) => lastRowAt && <RelativeTime at={lastRowAt} /> },
    { header: 'Next pull', render: ({ nextPullAt }) => nextPullAt && <RelativeTime at={nextPullAt} /> },
    { header: 'Actions', render: (status) => <StreamActions connector={connector} status={status} /> },
  ];
}

const RUN_COLUMNS: readonly Column<SyncRun>[] = [
  { header: 'Started', isRowHeader: true, render: ({ startedAt }) => <Time at={startedAt} /> },
  { header: 'Stream', render: ({ stream }) => stream },
  { header: 'Took', isNumber: true, render: ({ durationMs }) => <Duration ms={durationMs} /> },
  { header: 'Records', isNumber: true, render: ({ records }) => <Count value={records} /> },
  { header: 'New', isNumber: true, render: ({ added }) => <Count value={added} /> },
  { header: 'Changed', isNumber: true, render: ({ changed }) => <Count value={changed} /> },
  { header: 'Rejected', isNumber: true, render: ({ rejected }) => <Count value={rejected} /> },
  { header: 'Error', render: ({ error }) => error && <span className="error-text">{error}</span> },
];

function RunsSection({ connector }: { connector: string }) {
  const query = usePagedQuery<SyncRun>('runs', { connector }, { refetchMs: REFRESH_MS });
  return (
    <Section title="Runs">
      <PagedView query={query} empty="No run is recorded.">
        {(runs) => (
          <>
            <RunCharts runs={runs} />
            <DataTable
              caption="Runs, newest first"
              columns={RUN_COLUMNS}
              rows={runs}
              getKey={({ startedAt, stream }) => `${startedAt} ${stream}`}
            />
          </>
        )}
      </PagedView>
    </Section>
  );
}

function ConfigurationSection({ details }: { details: ConnectorDetails }) {
  const { capabilities, settings, syncIntervalMs, formance, tenant, apiKeys } = details;
  return (
    <Section title="Configuration">
      <div className="columns">
        <div className="panel">
          <Facts
            facts={[
              ['Tenant', tenant],
              ['Pulled every', <Duration key="interval" ms={syncIntervalMs} />],
              ['Streams', capabilities.streams.join(', ')],
              ['Optional methods', capabilities.methods.join(', ') || 'none'],
              ['API keys', `${apiKeys.length}`],
              ['Name in Formance', formance?.name],
            ]}
          />
        </div>
        <JsonValue label="Settings of the connector, without secrets" value={settings} />
      </div>
    </Section>
  );
}
