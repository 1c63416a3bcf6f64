/** The actions of an operator on entries of the quarantine: retry rejected records, or dismiss an entry. */
import { useNavigate } from '@tanstack/react-router';
import type { QuarantineEntry } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';

export function QuarantineEntryActions({ entry }: { entry: QuarantineEntry }) {
  const { connector, stream, kind, id } = entry;
  const navigate = useNavigate();
  const dismiss = async (note: string | undefined) => {
    await sendJson('POST', 'quarantine/dismiss', { connector, stream, kind, id, note });
    await navigate({ to: '/quarantine', search: { connector } });
  };
  return (
    <>
      {kind === 'rejected-record' && (
        <ConfirmButton
          label="Retry"
          title="Retry the record"
          onConfirm={() => sendJson('POST', 'quarantine/retry', { connector, stream, id })}
        >
          <p>
            The stream is read again from when the record first appeared. If the record is valid now, it is
            served and the entry disappears.
          </p>
        </ConfirmButton>
      )}
      <ConfirmButton label="Dismiss" title="Dismiss the entry" onConfirm={({ note }) => dismiss(note)}>
        <p>
          The entry stays away while the PSP sends the record with the same fault. The record is not served.
        </p>
        <NoteField label="Why it is not a problem" />
      </ConfirmButton>
    </>
  );
}

export function RetryAllButton({ connector, stream }: { connector: string; stream: string | undefined }) {
  return (
    <ConfirmButton
      label="Retry all rejected records"
      title={`Retry all rejected records of ${connector}`}
      onConfirm={() => sendJson('POST', 'quarantine/retry', { connector, stream })}
    >
      <p>
        The streams are read again from when the oldest record first appeared. Records that are valid now are
        served, and their entries disappear.
      </p>
    </ConfirmButton>
  );
}
