/** Explains why a search in a feed found nothing: the record was rejected, its stream is not up to date, or the PSP did not list it. */
import { Link } from '@tanstack/react-router';
import type { ConnectorDetails, FeedStreamStatus, Page, QuarantineEntry } from '../api/operator-api.types';
import { useApiQuery } from '../api/use-api-query';
import { QueryView } from './query-view';
import { Count, RelativeTime } from './values';

interface FeedName {
  connector: string;
  stream: string;
}

/** @param id the id that was searched; `undefined` if the search had other filters only */
export function MissingRows({ connector, stream, id }: FeedName & { id: string | undefined }) {
  if (id === undefined)
    return (
      <StreamExplanation connector={connector} stream={stream}>
        No row of this feed has these properties.
      </StreamExplanation>
    );
  return <MissingRecord connector={connector} stream={stream} id={id} />;
}

function MissingRecord({ connector, stream, id }: FeedName & { id: string }) {
  const query = useApiQuery<Page<QuarantineEntry>>('quarantine', {
    ...{ connector, stream, id, kind: 'rejected-record' },
  });
  return (
    <QueryView query={query}>
      {({ items: [entry] }) =>
        entry === undefined ? (
          <StreamExplanation connector={connector} stream={stream}>
            Neither this feed nor the quarantine of this stream has a record with this id.
          </StreamExplanation>
        ) : (
          <RejectedRecord entry={entry} />
        )
      }
    </QueryView>
  );
}

function RejectedRecord({
  entry: { connector, stream, kind, id, reason, since },
}: {
  entry: QuarantineEntry;
}) {
  return (
    <div className="notice bad">
      <strong>The gateway rejected this record, so clients do not receive it</strong>
      <p>{reason}</p>
      <p>
        First seen <RelativeTime at={since} />.{' '}
        <Link to="/quarantine/entry" search={{ connector, stream, kind, id }}>
          See what the PSP sent, and retry the record
        </Link>
      </p>
    </div>
  );
}

function StreamExplanation({ connector, stream, children }: FeedName & { children: string }) {
  const query = useApiQuery<ConnectorDetails>('connector', { connector });
  return (
    <QueryView query={query}>
      {({ streams }) => {
        const status = streams.find((candidate) => candidate.stream === stream);
        return (
          <div className="empty stack">
            <p>{children}</p>
            <p>
              {status === undefined ? (
                'The stream has not been pulled yet.'
              ) : (
                <PullExplanation status={status} />
              )}{' '}
              <Link to="/connector" search={{ connector }}>
                See the pulls of {connector}
              </Link>
            </p>
            {status !== undefined && status.rejectedRecords > 0 && (
              <p>
                <Link to="/quarantine" search={{ connector, stream, kind: 'rejected-record' }}>
                  Rejected records of this stream: <Count value={status.rejectedRecords} />
                </Link>
              </p>
            )}
            {stream === 'transactions' && (
              <p>
                <Link to="/balances" search={{ connector }}>
                  See whether the rows explain the balances
                </Link>
              </p>
            )}
          </div>
        );
      }}
    </QueryView>
  );
}

function PullExplanation({ status: { pausedAt, lastRun, caughtUpAt } }: { status: FeedStreamStatus }) {
  if (pausedAt !== undefined) return <>The stream is paused, so newer records are missing.</>;
  if (lastRun?.error !== undefined)
    return <>The last pull of the stream failed, so newer records can be missing: {lastRun.error}.</>;
  if (caughtUpAt === undefined)
    return <>The stream has not been read to its end yet, so records can be missing.</>;
  return (
    <>
      The gateway last read the stream to its end <RelativeTime at={caughtUpAt} />. It has all valid records
      that the PSP listed until then. A record that waits for its original, e.g. a refund for its payment, is
      not in the feed yet.
    </>
  );
}
