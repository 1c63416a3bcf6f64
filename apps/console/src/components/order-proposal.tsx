/** The proposed resolution of an order, with the buttons to approve and to reject it. */
import type { OrderDetails, OrderProposal } from '../api/operator-api.types';
import { sendJson } from '../api/operator-client';
import { ConfirmButton, NoteField } from './confirm-button';
import { Facts } from './page';
import { Time } from './values';

export function OrderProposalNotice({ order, proposal }: { order: OrderDetails; proposal: OrderProposal }) {
  const { connector, id } = order;
  const target = { connector, id, proposal: proposal.id };
  return (
    <div className="notice">
      <strong>
        {proposal.by} proposes to resolve the order as {proposal.as}.
      </strong>
      <Facts
        facts={[
          ['Proposed', <Time key="at" at={proposal.at} />],
          ['Where it is known from', proposal.note],
          ['Id at the PSP', proposal.pspId && <code>{proposal.pspId}</code>],
        ]}
      />
      {proposal.isOwn && <p>Another person must approve it. You can withdraw it.</p>}
      <div className="row">
        {!proposal.isOwn && (
          <ConfirmButton
            label="Approve"
            title={`Resolve the order as ${proposal.as}`}
            onConfirm={() => sendJson('POST', 'orders/approve', target)}
          >
            <p>
              Clients are told, and nothing is sent to the PSP any more. Look the order up at the PSP yourself
              first: what you approve cannot be taken back.
            </p>
          </ConfirmButton>
        )}
        <ConfirmButton
          label={proposal.isOwn ? 'Withdraw' : 'Reject'}
          title={proposal.isOwn ? 'Withdraw the proposal' : 'Reject the proposal'}
          onConfirm={({ note }) => sendJson('POST', 'orders/reject', { ...target, note })}
        >
          <p>The order stays as it is, and a new proposal can be made.</p>
          <NoteField label="Why" />
        </ConfirmButton>
      </div>
    </div>
  );
}
