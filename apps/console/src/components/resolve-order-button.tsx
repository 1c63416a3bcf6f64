/** A button that sets the final status of an order whose outcome is unknown. */
import type { OrderDetails } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';

const RESOLUTIONS = ['succeeded', 'failed', 'returned'] as const;

export function ResolveOrderButton({ order: { connector, id } }: { order: OrderDetails }) {
  return (
    <ConfirmButton
      label="Resolve"
      title="Resolve the order"
      onConfirm={(values) => sendJson('POST', 'orders/resolve', { connector, id, ...values })}
    >
      <p>
        Clients are told, and nothing is sent to the PSP any more. Look the order up at the PSP first: what
        you say here cannot be taken back.
      </p>
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
