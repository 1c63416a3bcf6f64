/**
 * Resolves orders by two people: one operator key proposes a resolution, and another key approves or rejects it. The key that proposed a
 * resolution cannot approve it.
 */
import { deriveOperatorKeyId, type OperatorKey } from '@tributary/auth';
import { formatTime } from '@tributary/connector-api';
import type { OrderProposal } from '@tributary/feed';
import { RESOLUTIONS, type Resolution } from '@tributary/orders';
import { BOOLEAN_SCHEMA, createObjectSchema, TEXT_SCHEMA, TIME_SCHEMA } from './schemas.js';

export const PROPOSAL_SCHEMA = createObjectSchema({
  id: { ...TEXT_SCHEMA, description: 'Send it with the approval or the rejection.' },
  by: { ...TEXT_SCHEMA, description: 'Name of the operator key that proposed it.' },
  at: TIME_SCHEMA,
  as: { type: 'string', enum: [...RESOLUTIONS] },
  'pspId?': TEXT_SCHEMA,
  note: TEXT_SCHEMA,
  isOwn: {
    ...BOOLEAN_SCHEMA,
    description: 'Whether the key of this request, or a key with the same name, proposed it.',
  },
});

export function toProposalView(proposal: OrderProposal, operator: OperatorKey) {
  const { id, proposedBy, at } = proposal;
  return {
    ...{ id, by: proposedBy, at: formatTime(at), ...parseProposedResolution(proposal) },
    isOwn: isProposer(proposal, operator),
  };
}

export function parseProposedResolution({ body }: Pick<OrderProposal, 'body'>): Resolution {
  return JSON.parse(body) as Resolution;
}

/** Returns true if the operator proposed the resolution. Two keys with the same name belong to the same person. */
export function isProposer(
  { keyId, proposedBy }: Pick<OrderProposal, 'keyId' | 'proposedBy'>,
  operator: OperatorKey,
): boolean {
  return keyId === deriveOperatorKeyId(operator) || proposedBy === operator.name;
}
