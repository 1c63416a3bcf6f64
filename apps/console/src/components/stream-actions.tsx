/** The actions of an operator on a stream: pull it now, pause or resume it, or read it again. */
import type { FeedStreamStatus } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton } from './confirm-button';

export function StreamActions({
  connector,
  status: { stream, pausedAt },
}: {
  connector: string;
  status: FeedStreamStatus;
}) {
  const body = { connector, streams: [stream] };
  return (
    <div className="row">
      <ConfirmButton
        label="Pull now"
        title={`Pull ${stream} of ${connector} now`}
        onConfirm={() => sendJson('POST', 'streams/pull', body)}
      >
        <p>
          The stream is pulled at once, also while it waits after a failure. A rate limit of the PSP still
          applies.
        </p>
      </ConfirmButton>
      {pausedAt === undefined ? (
        <ConfirmButton
          label="Pause"
          title={`Pause ${stream} of ${connector}`}
          onConfirm={() => sendJson('POST', 'streams/pause', body)}
        >
          <p>No gateway pulls the stream until it is resumed. Clients still read what is stored.</p>
        </ConfirmButton>
      ) : (
        <ConfirmButton
          label="Resume"
          title={`Resume ${stream} of ${connector}`}
          onConfirm={() => sendJson('POST', 'streams/resume', body)}
        >
          <p>The stream is pulled now, and then as often as before.</p>
        </ConfirmButton>
      )}
      <ConfirmButton
        label="Read again"
        title={`Read ${stream} of ${connector} again`}
        onConfirm={({ from }) => sendJson('POST', 'streams/reread', { ...body, from })}
      >
        <p>
          Reads everything again that changed at the PSP since a date. Unchanged records get no new version.
        </p>
        <label>
          Since
          <input type="date" name="from" required />
        </label>
      </ConfirmButton>
    </div>
  );
}
