/**
 * The endpoints with which operators set the final status of an order whose outcome cannot be found out. If the deployment requires two
 * people, one operator proposes the status, and another operator approves it.
 */
import { deriveOperatorKeyId } from '@tributary/auth';
import { ContractError } from '@tributary/connector-api/contract';
import {
  ProposalClosedError,
  type OperatorAuthor,
  type OrderProposal,
  type StoredOrder,
} from '@tributary/feed';
import {
  buildResolutionAuditEntry,
  findResolutionObstacle,
  RESOLUTIONS,
  type Resolution,
  type ResolutionApproval,
} from '@tributary/orders';
import { HttpStatus } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { createResolutionContext, resolveOrderAsOperator } from '../operator-actions.js';
import { isProposer, parseProposedResolution, PROPOSAL_SCHEMA, toProposalView } from '../order-proposal.js';
import type { OperatorEndpoint, OperatorRequest, OperatorServices } from '../endpoint.types.js';
import { CONNECTOR_PATH_SCHEMA, createObjectSchema, SEARCH_TEXT_SCHEMA } from '../schemas.js';
import { ORDER_SCHEMA, toOrderView } from './orders.js';
import { toOperatorAuthor } from './stream-actions.js';

const ORDER_BODY = { connector: CONNECTOR_PATH_SCHEMA, id: SEARCH_TEXT_SCHEMA };
const RESOLUTION_BODY = createObjectSchema({
  ...ORDER_BODY,
  as: { type: 'string', enum: [...RESOLUTIONS] },
  'pspId?': { ...SEARCH_TEXT_SCHEMA, description: 'The id under which the PSP has it.' },
  note: {
    ...SEARCH_TEXT_SCHEMA,
    description: 'Where you know it from. The history and the audit log keep it.',
  },
});
const PROPOSAL_ID_SCHEMA = { ...SEARCH_TEXT_SCHEMA, description: 'The id of the proposal that you saw.' };

export const ORDER_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/orders/resolve', operationId: 'resolveOrder', access: 'operate' },
    summary: 'Says what became of an order: clients are told, and nothing is sent to the PSP any more.',
    body: RESOLUTION_BODY,
    response: ORDER_SCHEMA,
    async handle(request, services) {
      const { author, order } = await findOrder(request, services);
      if (services.deployment.orders.resolveByTwo)
        throw createConflict(
          'Two people are needed',
          'The deployment file has orders.resolveByTwo: propose the resolution, and let another key approve it. Nothing was changed.',
        );
      return resolve(services, order, parseResolution(request), author);
    },
  },
  {
    ...{ method: 'POST', path: '/orders/propose', operationId: 'proposeResolution', access: 'operate' },
    summary: 'Proposes what became of an order. Another key must approve it, and nothing changes before.',
    body: RESOLUTION_BODY,
    response: PROPOSAL_SCHEMA,
    async handle(request, services) {
      const { author, order } = await findOrder(request, services);
      const { store } = services;
      const resolution = parseResolution(request);
      const obstacle = findResolutionObstacle(order, resolution, await createResolutionContext(store));
      if (obstacle !== undefined) throw createResolutionError(resolution, obstacle);
      const { operator } = request;
      const isStored = await store.orderProposals().propose(
        {
          ...{ orderId: order.id, id: randomUUID(), keyId: deriveOperatorKeyId(operator) },
          ...{ proposedBy: operator.name, body: JSON.stringify(resolution) },
        },
        buildResolutionAuditEntry('order.resolution-proposed', order, resolution, author),
      );
      const proposal = await store.orderProposals().find(order.id);
      if (!isStored || !proposal)
        throw createConflict(
          'There is a proposal already',
          'The order has a proposal. Approve or reject it first. Nothing was changed.',
        );
      return toProposalView(proposal, operator);
    },
  },
  {
    ...{ method: 'POST', path: '/orders/approve', operationId: 'approveResolution', access: 'operate' },
    summary: 'Approves a resolution that another key proposed: clients are told.',
    body: createObjectSchema({ ...ORDER_BODY, proposal: PROPOSAL_ID_SCHEMA }),
    response: ORDER_SCHEMA,
    async handle(request, services) {
      const { author, order } = await findOrder(request, services);
      const proposal = await findProposal(request, services, order);
      if (isProposer(proposal, request.operator))
        throw new ContractError(
          HttpStatus.FORBIDDEN,
          'Another person must approve',
          'The key that proposed a resolution cannot approve it, nor can a key with the same name. Nothing was changed.',
        );
      const approval = { proposalId: proposal.id, proposedBy: proposal.proposedBy };
      return resolve(services, order, parseProposedResolution(proposal), author, approval);
    },
  },
  {
    ...{ method: 'POST', path: '/orders/reject', operationId: 'rejectResolution', access: 'operate' },
    summary: 'Rejects a proposed resolution, or withdraws your own. The order stays as it is.',
    body: createObjectSchema({ ...ORDER_BODY, proposal: PROPOSAL_ID_SCHEMA, note: SEARCH_TEXT_SCHEMA }),
    response: null,
    async handle(request, services) {
      const { author, order } = await findOrder(request, services);
      const proposal = await findProposal(request, services, order);
      const { as } = parseProposedResolution(proposal);
      const isRejected = await services.store.orderProposals().reject(order.id, proposal.id, {
        ...author,
        action: 'order.resolution-rejected',
        details: { order: order.id, as, proposedBy: proposal.proposedBy, note: String(request.body['note']) },
      });
      if (!isRejected) throw createClosedProposalError();
    },
  },
];

/**
 * Finds the order of a request.
 * @throws ContractError 404 for an order that does not exist or that the operator may not see
 */
async function findOrder(
  request: OperatorRequest,
  services: OperatorServices,
): Promise<{ author: OperatorAuthor; order: StoredOrder }> {
  const { body } = request;
  const author = toOperatorAuthor(request, services, body['connector']);
  const order = await services.store.orders(author.connector).find(String(body['id']));
  if (order) return { author, order };
  throw new ContractError(
    HttpStatus.NOT_FOUND,
    'No such order',
    'The connector has no order with this id. Nothing was changed.',
  );
}

/**
 * Finds the proposal that the operator saw.
 * @throws ContractError 409 if this proposal is no longer open
 */
async function findProposal(
  { body }: OperatorRequest,
  { store }: OperatorServices,
  order: StoredOrder,
): Promise<OrderProposal> {
  const proposal = await store.orderProposals().find(order.id);
  if (!proposal || proposal.id !== body['proposal']) throw createClosedProposalError();
  return proposal;
}

function parseResolution({ body }: OperatorRequest): Resolution {
  const { as, note, pspId } = body as unknown as Resolution;
  return { as, note, ...(pspId !== undefined && { pspId }) };
}

async function resolve(
  { store }: OperatorServices,
  order: StoredOrder,
  resolution: Resolution,
  author: OperatorAuthor,
  approval?: ResolutionApproval,
) {
  try {
    const resolved = await resolveOrderAsOperator(store, order, resolution, author, approval);
    if ('order' in resolved) return toOrderView(resolved.order);
    throw createResolutionError(resolution, resolved.error);
  } catch (error) {
    throw error instanceof ProposalClosedError ? createClosedProposalError() : error;
  }
}

function createResolutionError({ as }: Resolution, reason: string): ContractError {
  return createConflict(
    'Order cannot be resolved',
    `It cannot be resolved as ${as}: ${reason}. Nothing was changed.`,
  );
}

function createClosedProposalError(): ContractError {
  return createConflict(
    'The proposal is closed',
    'This proposal was approved, rejected or replaced in the meantime. Read the order again. Nothing was changed.',
  );
}

function createConflict(title: string, detail: string): ContractError {
  return new ContractError(HttpStatus.CONFLICT, title, detail);
}
