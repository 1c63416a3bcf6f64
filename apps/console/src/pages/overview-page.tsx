/** The page that shows everything that a person must examine, and the state of every stream. */
import { Link } from '@tanstack/react-router';
import type { AttentionItem, ConnectorStatus, FeedStreamStatus } from '../api/operator-api.types';
import { createApiQuery, useApiQuery } from '../api/use-api-query';
import { ConnectorLink } from '../components/connector-link';
import { DeploymentSection } from '../components/deployment-section';
import { DataTable, type Column } from '../components/data-table';
import { Page, Section } from '../components/page';
import { createPagedQuery, PagedView, usePagedQuery } from '../components/paged-query';
import { PageLink } from '../components/page-link';
import { QueryView } from '../components/query-view';
import { Count, Duration, RelativeTime } from '../components/values';
import { StreamState } from '../components/stream-state';
import { formatCount } from '../format/count';

const REFRESH_MS = 5_000;
/** The number of connectors that are shown first. Each needs a table row per stream, which is slow in a browser on a slow machine. */
const CONNECTORS_PER_PAGE = 25;

/** The first requests of this page. They are sent before the first rendering (load-first-page.ts). */
const OVERVIEW_PARAMETERS = { limit: CONNECTORS_PER_PAGE };
export const OVERVIEW_QUERY = createPagedQuery<ConnectorStatus>('overview', OVERVIEW_PARAMETERS);
export const ATTENTION_QUERY = createApiQuery<AttentionList>('attention', {});

interface AttentionList {
  items: AttentionItem[];
  total: number;
}

interface StreamRow extends FeedStreamStatus {
  connector: string;
  plugin: string;
  syncIntervalMs: number;
}

const COLUMNS: readonly Column<StreamRow>[] = [
  {
    header: 'Connector',
    isRowHeader: true,
    render: ({ connector, plugin }) => (
      <>
        <ConnectorLink connector={connector} />
        <div className="muted">{plugin}</div>
      </>
    ),
  },
  {
    header: 'Stream',
    render: ({ connector, stream }) => (
      <PageLink to="/feed" search={{ connector, stream }}>
        {stream}
      </PageLink>
    ),
  },
  { header: 'State', render: (row) => <StreamState status={row} syncIntervalMs={row.syncIntervalMs} /> },
  { header: 'Behind the PSP', isNumber: true, render: ({ lagMs }) => <Duration ms={lagMs} /> },
  { header: 'Rows', isNumber: true, render: ({ rows }) => <Count value={rows} /> },
  {
    header: 'Rejected',
    isNumber: true,
    render: ({ connector, stream, rejectedRecords }) =>
      rejectedRecords === 0 ? (
        '0'
      ) : (
        <PageLink to="/quarantine" search={{ connector, stream, kind: 'rejected-record' }}>
          <Count value={rejectedRecords} />
        </PageLink>
      ),
  },
  {
    header: 'Last pull',
    render: ({ lastRun }) =>
      lastRun && (
        <>
          <RelativeTime at={lastRun.startedAt} />
          {lastRun.error !== undefined && <div className="error-text">{lastRun.error}</div>}
        </>
      ),
  },
  { header: 'Next pull', render: ({ nextPullAt }) => nextPullAt && <RelativeTime at={nextPullAt} /> },
  {
    header: 'Clients',
    render: ({ readers, maxRowsBehind, lastReadAt }) =>
      readers === 0 ? (
        <span className="muted">none yet</span>
      ) : (
        <>
          {maxRowsBehind === undefined
            ? ''
            : maxRowsBehind === 0
              ? 'up to date, '
              : `${formatCount(maxRowsBehind, 'row')} behind, `}
          <RelativeTime at={lastReadAt} />
        </>
      ),
  },
];

export function OverviewPage() {
  const query = usePagedQuery<ConnectorStatus>('overview', OVERVIEW_PARAMETERS, { refetchMs: REFRESH_MS });
  return (
    <Page title="Overview" description="What needs a person, and the state of every stream.">
      <AttentionSection />
      <Section title="Streams">
        <PagedView
          query={query}
          empty="No connector has pulled anything yet. The first pulls start with the gateway."
        >
          {(connectors) => (
            <DataTable
              caption="Streams"
              columns={COLUMNS}
              rows={connectors.flatMap(({ streams, connector, plugin, syncIntervalMs }) =>
                streams.map((stream) => ({ ...stream, connector, plugin, syncIntervalMs })),
              )}
              getKey={({ connector, stream }) => `${connector} ${stream}`}
            />
          )}
        </PagedView>
      </Section>
      <DeploymentSection />
    </Page>
  );
}

function AttentionSection() {
  const query = useApiQuery<AttentionList>('attention', {}, { refetchMs: REFRESH_MS });
  return (
    <Section title="What needs a person">
      <QueryView query={query}>
        {({ items, total }) =>
          items.length === 0 ? (
            <div className="notice good">
              Nothing. All streams are pulled, and no record or order waits for a person.
            </div>
          ) : (
            <>
              <ul className="stack plain-list">
                {items.map((item) => (
                  <li key={getAttentionKey(item)} className={`notice ${TONES[item.kind]}`}>
                    <AttentionLink item={item} />
                    <p>{item.message}</p>
                  </li>
                ))}
              </ul>
              {total > items.length && <p className="muted">and {total - items.length} more</p>}
            </>
          )
        }
      </QueryView>
    </Section>
  );
}

function getAttentionKey(item: AttentionItem): string {
  return item.kind === 'stale-secrets' ? item.kind : `${item.kind} ${item.connector} ${item.stream}`;
}

const TONES: Readonly<Record<AttentionItem['kind'], string>> = {
  'pull-failed': 'bad',
  'unknown-orders': 'bad',
  'rejected-records': 'warning',
  'data-warnings': 'warning',
  'stale-secrets': 'warning',
};

function AttentionLink({ item }: { item: AttentionItem }) {
  // The section of the deployment file on the same page lists these secrets, so no link is needed.
  if (item.kind === 'stale-secrets')
    return <strong>{item.count === 1 ? 'A secret' : `${item.count} secrets`} of the deployment file</strong>;
  const { kind, connector, stream, count } = item;
  const of = stream === undefined ? connector : `${connector}, ${stream}`;
  switch (kind) {
    case 'pull-failed':
      return (
        <Link to="/connector" search={{ connector }}>
          The pull of {of} fails
        </Link>
      );
    case 'unknown-orders':
      return (
        <Link to="/orders" search={{ connector, state: 'unknown' }}>
          {formatCount(count, 'order')} of {of} with an unknown outcome
        </Link>
      );
    case 'rejected-records':
      return (
        <Link to="/quarantine" search={{ connector, stream, kind: 'rejected-record' }}>
          {formatCount(count, 'rejected record')} of {of}
        </Link>
      );
    case 'data-warnings':
      return (
        <Link to="/quarantine" search={{ connector, stream, kind: 'data-warning' }}>
          {formatCount(count, 'data warning')} of {of}
        </Link>
      );
  }
}
