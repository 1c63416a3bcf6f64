/** The actions of an operator on a break: accept it, assign it to a person, comment on it, or link it with other breaks. */
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';

export function BreakActions({ breakId: id }: { breakId: string }) {
  return (
    <div className="row">
      <ConfirmButton
        label="Accept"
        title="Accept the break"
        onConfirm={(values) => sendJson('POST', 'reconciliation/accept', { id, ...values })}
      >
        <p>
          The break is accepted as it is now. From the next run on, it no longer counts as open, until one of
          its items changes.
        </p>
        <label>
          Accept until, if the acceptance ends
          <input name="until" type="date" />
        </label>
        <NoteField label="Why it is accepted" />
      </ConfirmButton>
      <ConfirmButton
        label="Assign"
        title="Assign the break"
        onConfirm={(values) => sendJson('POST', 'reconciliation/assign', { id, ...values })}
      >
        <label>
          Person who works on it
          <input name="assignee" maxLength={1000} required />
        </label>
        <NoteField label="What this person is to find out" />
      </ConfirmButton>
      <ConfirmButton
        label="Comment"
        title="Comment on the break"
        onConfirm={(values) => sendJson('POST', 'reconciliation/comment', { id, ...values })}
      >
        <NoteField label="Comment" />
      </ConfirmButton>
      <ConfirmButton
        label="Link"
        title="Link the break with other breaks"
        onConfirm={({ others = '', note }) =>
          sendJson('POST', 'reconciliation/link', { ids: [id, ...splitIds(others)], note })
        }
      >
        <p>
          The next run matches the items of all these breaks with each other. The sums of both sides must be
          equal.
        </p>
        <label>
          Ids of the other breaks
          <textarea name="others" rows={2} maxLength={3000} />
        </label>
        <NoteField label="Why they belong together" />
      </ConfirmButton>
    </div>
  );
}

/** Splits a text into ids, which are separated by spaces, commas or line breaks. */
function splitIds(text: string): string[] {
  return text.split(/[\s,]+/).filter((id) => id !== '');
}
