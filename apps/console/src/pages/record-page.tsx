/** The page of one record. It shows all versions, compares any two of them, and lists which clients have which version. */
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { RecordHistory, RecordVersion } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { ConnectorLink } from '../components/connector-link';
import { DataTable, type Column } from '../components/data-table';
import { Page, Section } from '../components/page';
import { QueryView } from '../components/query-view';
import { Count, RelativeTime, Status, Time } from '../components/values';
import { VersionComparison } from '../components/version-comparison';

/** Time in ms between two reads of the page's data. It is read regularly, because clients read further rows while the page is open. */
const REFRESH_MS = 5_000;

export function RecordPage() {
  const { connector, stream, id } = useSearch({ from: '/record' });
  const query = useApiQuery<RecordHistory>('record', { connector, stream, id }, { refetchMs: REFRESH_MS });
  return (
    <Page
      title={`Record ${id ?? ''}`}
      description={
        <>
          {stream} of <ConnectorLink connector={connector} />
        </>
      }
    >
      <QueryView query={query}>{(history) => <HistoryView key={id} history={history} />}</QueryView>
    </Page>
  );
}

function HistoryView({ history: { versions, hasMoreVersions, readers } }: { history: RecordHistory }) {
  return (
    <>
      <Section title={versions.length === 1 ? 'The only version' : `${versions.length} versions`}>
        {hasMoreVersions && <p className="muted">Older versions exist. These are the newest.</p>}
        <Versions versions={versions} />
      </Section>
      <Section title="Clients that have it">
        {readers.length === 0 ? (
          <div className="empty">No client has read this feed yet.</div>
        ) : (
          <DataTable
            caption="Clients of the feed"
            columns={createReaderColumns(versions)}
            rows={readers}
            getKey={({ reader }) => reader}
          />
        )}
      </Section>
    </>
  );
}

function Versions({ versions }: { versions: readonly RecordVersion[] }) {
  const [newest] = versions;
  const [afterSequence, setAfter] = useState(newest?.sequence);
  const [beforeSequence, setBefore] = useState(versions[1]?.sequence ?? newest?.sequence);
  const before = versions.find(({ sequence }) => sequence === beforeSequence);
  const after = versions.find(({ sequence }) => sequence === afterSequence);
  if (before === undefined || after === undefined) return null;
  return (
    <>
      {versions.length > 1 && (
        <div className="filters">
          <VersionSelect label="Compare" versions={versions} value={before.sequence} onChange={setBefore} />
          <VersionSelect label="with" versions={versions} value={after.sequence} onChange={setAfter} />
        </div>
      )}
      {(before.record === null || after.record === null) && (
        <div className="notice bad">
          This row was altered in the database, so the gateway does not serve it. See the guide on a damaged
          store.
        </div>
      )}
      <VersionComparison
        before={before.record}
        after={after.record}
        beforeLabel={`Row ${before.sequence.toLocaleString()}`}
        afterLabel={`Row ${after.sequence.toLocaleString()}`}
      />
      <p className="muted">
        {before !== after && (
          <>
            Row <Count value={before.sequence} /> has the feed time <Time at={before.feedTime} />.{' '}
          </>
        )}
        Row <Count value={after.sequence} /> has the feed time <Time at={after.feedTime} />.
      </p>
    </>
  );
}

function VersionSelect({
  label,
  versions,
  value,
  onChange,
}: {
  label: string;
  versions: readonly RecordVersion[];
  value: number;
  onChange: (sequence: number) => void;
}) {
  return (
    <label>
      {label}
      <select value={value} onChange={({ target }) => onChange(Number(target.value))}>
        {versions.map(({ sequence }, index) => (
          <option key={sequence} value={sequence}>
            {`version ${versions.length - index} (row ${sequence.toLocaleString()})`}
          </option>
        ))}
      </select>
    </label>
  );
}

function createReaderColumns(
  versions: readonly RecordVersion[],
): readonly Column<RecordHistory['readers'][number]>[] {
  const newest = versions[0]?.sequence;
  return [
    { header: 'Client', isRowHeader: true, render: ({ reader }) => <span className="mono">{reader}</span> },
    {
      header: 'Has',
      render: ({ hasSequence }) => {
        if (hasSequence === undefined) return <Status tone="warning">not yet</Status>;
        if (hasSequence === newest) return <Status tone="good">the newest version</Status>;
        return <Status tone="warning">{`row ${hasSequence}`}</Status>;
      },
    },
    { header: 'Rows behind', isNumber: true, render: ({ rowsBehind }) => rowsBehind?.toLocaleString() },
    { header: 'Last read', render: ({ lastReadAt }) => <RelativeTime at={lastReadAt} /> },
  ];
}
