/** A button that sets the final status of an order whose outcome is unknown, or that proposes this status to a second person. */
import type { OrderDetails } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';

const RESOLUTIONS = ['succeeded', 'failed', 'returned'] as const;

export function ResolveOrderButton({ order: { connector, id, resolvesByTwo } }: { order: OrderDetails }) {
  return (
    <ConfirmButton
      label={resolvesByTwo ? 'Propose a resolution' : 'Resolve'}
      title={resolvesByTwo ? 'Propose a resolution' : 'Resolve the order'}
      onConfirm={(values) =>
        sendJson('POST', resolvesByTwo ? 'orders/propose' : 'orders/resolve', { connector, id, ...values })
      }
    >
      {resolvesByTwo ? (
        <p>Another person must approve it, and nothing changes before. Look the order up at the PSP first.</p>
      ) : (
        <p>
          Clients are told, and nothing is sent to the PSP any more. Look the order up at the PSP first: what
          you say here cannot be taken back.
        </p>
      )}
      <label>
        What became of it
        <select name="as" required defaultValue="">
          <option value="" disabled>
            choose
          </option>
          {RESOLUTIONS.map((resolution) => (
            <option key={resolution} value={resolution}>
              {resolution}
            </option>
          ))}
        </select>
      </label>
      <label>
        Id at the PSP, if it has one
        <input name="pspId" maxLength={1000} />
      </label>
      <NoteField label="Where you know it from" />
    </ConfirmButton>
  );
}
