/** The timeline of an order: its events, the requests to the PSP with their responses, the response to the client, and the rows. */
import { Link } from '@tanstack/react-router';
import type { OrderDetails, PspExchange, RecordedBody, TimelineEntry } from '../api/operator-api.types';
import { OrderState } from './order-state';
import { Duration, JsonText, RelativeTime, Status, Time, type Tone } from './values';

const FIRST_ERROR_STATUS = 400;

export function OrderTimeline({ order: { connector, timeline } }: { order: OrderDetails }) {
  return (
    <ol className="timeline">
      {timeline.map((entry, index) => (
        // The index can be the key: entries are almost always added at the end, and they have no state besides an open element.
        <li key={index}>
          <Entry entry={entry} connector={connector} number={index + 1} />
        </li>
      ))}
    </ol>
  );
}

function Entry({ entry, connector, number }: { entry: TimelineEntry; connector: string; number: number }) {
  switch (entry.kind) {
    case 'event':
      return (
        <>
          <div className="row">
            <OrderState state={entry.state} />
            <EntryTime at={entry.at} />
          </div>
          <p>{entry.event}</p>
        </>
      );
    case 'psp-request':
      return <RequestEntry entry={entry} number={number} />;
    case 'answer':
      return (
        <div className="row">
          <span>
            The client was answered <strong>{entry.status}</strong>
          </span>
          <EntryTime at={entry.at} />
        </div>
      );
    case 'row':
      return <RowEntry entry={entry} connector={connector} />;
  }
}

function EntryTime({ at }: { at: string }) {
  return (
    <span className="muted">
      <Time at={at} />
    </span>
  );
}

function RequestEntry({
  entry: { at, action, attempt, exchange },
  number,
}: {
  entry: Extract<TimelineEntry, { kind: 'psp-request' }>;
  number: number;
}) {
  const { requestHeaders, requestBody, responseHeaders = {}, responseBody } = exchange;
  return (
    <>
      <div className="row">
        <ResponseStatus exchange={exchange} />
        <code>
          {exchange.method} {exchange.path}
        </code>
        <Duration ms={exchange.durationMs} />
        <EntryTime at={at} />
      </div>
      <p>
        {action === 'send' ? `Attempt ${attempt}: the order was sent.` : 'The order was looked up.'}
        {exchange.failure !== undefined && ` There was no whole response: ${exchange.failure}.`}
      </p>
      <details>
        <summary>Request and response</summary>
        <Message title="Request" name={`Request ${number}`} headers={requestHeaders} body={requestBody} />
        <Message title="Response" name={`Response ${number}`} headers={responseHeaders} body={responseBody} />
      </details>
    </>
  );
}

function ResponseStatus({ exchange: { status } }: { exchange: PspExchange }) {
  if (status === undefined) return <Status tone="bad">no response</Status>;
  const tone: Tone = status >= FIRST_ERROR_STATUS ? 'bad' : 'good';
  return <Status tone={tone}>{`HTTP ${status}`}</Status>;
}

function Message({
  title,
  name,
  headers,
  body,
}: {
  title: string;
  name: string;
  headers: Readonly<Record<string, string>>;
  body: RecordedBody | undefined;
}) {
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  return (
    <>
      <h3>{title}</h3>
      {lines.length > 0 && <pre>{lines.join('\n')}</pre>}
      <Body name={name} body={body} />
    </>
  );
}

function Body({ name, body }: { name: string; body: RecordedBody | undefined }) {
  if (body === undefined) return <p className="muted">No body.</p>;
  if (body.text === undefined)
    return <p className="muted">The body had {body.bytes} bytes, which was too much to keep.</p>;
  return (
    <>
      <JsonText text={body.text} label={`Body of ${name.toLowerCase()}`} />
      {body.isTruncated && <p className="muted">The beginning of {body.bytes} bytes.</p>}
    </>
  );
}

function RowEntry({
  entry: { at, status, sequence, recordId, readers },
  connector,
}: {
  entry: Extract<TimelineEntry, { kind: 'row' }>;
  connector: string;
}) {
  return (
    <>
      <div className="row">
        <span>
          <Link to="/record" search={{ connector, stream: 'transactions', id: recordId }}>
            Row {sequence}
          </Link>{' '}
          tells clients <strong>{status ?? 'nothing readable'}</strong>
        </span>
        <EntryTime at={at} />
      </div>
      {readers.length === 0 ? (
        <p className="muted">No client has read it yet.</p>
      ) : (
        readers.map(({ reader, lastReadAt }) => (
          <p key={reader}>
            <span className="mono">{reader}</span> has it; it last read <RelativeTime at={lastReadAt} />.
          </p>
        ))
      )}
    </>
  );
}
