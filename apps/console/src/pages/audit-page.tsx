/** The page that lists every change that people made, newest first. */
import type { AuditEvent } from '../api/operator-api.types';
import { ConnectorLink } from '../components/connector-link';
import { DataTable, type Column } from '../components/data-table';
import { Page } from '../components/page';
import { PagedView, usePagedQuery } from '../components/paged-query';
import { Time } from '../components/values';
import { flattenJson } from '../format/compare-json';

const COLUMNS: readonly Column<AuditEvent>[] = [
  { header: 'Event', isRowHeader: true, isNumber: true, render: ({ sequence }) => sequence },
  { header: 'When', render: ({ at }) => <Time at={at} /> },
  { header: 'Who', render: ({ by }) => by },
  { header: 'Where', render: ({ via }) => (via === 'api' ? 'API or console' : 'command line') },
  { header: 'What', render: ({ action }) => action },
  {
    header: 'Connector',
    render: ({ connector }) => connector && <ConnectorLink connector={connector} />,
  },
  { header: 'Details', render: ({ details }) => <Details details={details} /> },
];

function Details({ details }: Pick<AuditEvent, 'details'>) {
  return (
    <ul className="plain-list">
      {[...flattenJson(details)].map(([path, value]) => (
        <li key={path}>
          <span className="muted">{path}</span> <span className="mono">{value}</span>
        </li>
      ))}
    </ul>
  );
}

export function AuditPage() {
  const query = usePagedQuery<AuditEvent>('audit', {});
  return (
    <Page title="Audit" description="Every change that people made. Events are only ever added.">
      <PagedView query={query} empty="No one has changed anything yet.">
        {(events) => (
          <DataTable
            caption="Audit events, newest first"
            columns={COLUMNS}
            rows={events}
            getKey={({ sequence }) => sequence}
          />
        )}
      </PagedView>
    </Page>
  );
}
