/** The page of one entry of the quarantine: the reason, and the data that the PSP sent. */
import { useSearch } from '@tanstack/react-router';
import type { QuarantineEntry } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { ConnectorLink } from '../components/connector-link';
import { Facts, Page, Section } from '../components/page';
import { QuarantineEntryActions } from '../components/quarantine-actions';
import { QuarantineKind } from '../components/quarantine-kind';
import { QueryView } from '../components/query-view';
import { JsonText, Time } from '../components/values';
import { shortenId } from '../format/shorten-id';

export function QuarantineEntryPage() {
  const search = useSearch({ from: '/quarantine/entry' });
  const { connector, stream, id } = search;
  const query = useApiQuery<QuarantineEntry>('quarantine/entry', search);
  return (
    <Page
      title={`Quarantine: ${shortenId(id ?? '')}`}
      description={
        <>
          {stream} of <ConnectorLink connector={connector} />
        </>
      }
      actions={query.data && <QuarantineEntryActions entry={query.data} />}
    >
      <QueryView query={query}>
        {(entry) => (
          <>
            <div className="panel">
              <Facts
                facts={[
                  ['Kind', <QuarantineKind key="kind" kind={entry.kind} />],
                  ['Reason', entry.reason],
                  ['First seen', <Time key="since" at={entry.since} />],
                  ['Last seen', entry.seenAt && <Time at={entry.seenAt} />],
                ]}
              />
            </div>
            {entry.raw !== undefined && (
              <Section title="What the PSP sent">
                <JsonText label="What the PSP sent, without secrets" text={entry.raw} />
              </Section>
            )}
          </>
        )}
      </QueryView>
    </Page>
  );
}
