/**
 * The endpoints for the decisions of operators about breaks: accept, assign, comment, link, and undo a link. The audit trail of the
 * reconciliation contains these decisions.
 */
import { formatTime } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import {
  BreakDecisions,
  DecisionError,
  UnknownBreakError,
  type DecisionAuthor,
} from '@tributary/reconciliation';
import { HttpStatus } from '@nestjs/common';
import type { OperatorEndpoint, OperatorRequest, OperatorServices } from '../endpoint.types.js';
import { parseTimeParameter } from '../parse-time-parameter.js';
import { createListSchema, createObjectSchema, SEARCH_TEXT_SCHEMA, TEXT_SCHEMA } from '../schemas.js';
import { listVisiblePolicyNames } from '../visible-connectors.js';

const BREAK_ID = { ...SEARCH_TEXT_SCHEMA, description: 'Id of a break of a newest run.' };
const NOTE = { ...SEARCH_TEXT_SCHEMA, description: 'The reason. The audit trail keeps it.' };
const LINK_NUMBER = {
  type: 'integer',
  minimum: 1,
  description: 'The number of the link, with which it can be undone.',
};
/** The maximum number of breaks that a link can have. A request with more breaks is rejected. */
const MAX_LINKED_BREAKS = 100;

export const BREAK_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/reconciliation/accept', operationId: 'acceptBreak', access: 'operate' },
    summary:
      'Accepts a break as it is now. From the next run on, it no longer counts as open, until an item of it changes.',
    body: createObjectSchema({
      id: BREAK_ID,
      note: NOTE,
      'until?': {
        ...TEXT_SCHEMA,
        description: 'RFC 3339 or a date. The break is open again from this time on.',
      },
    }),
    response: null,
    async handle(request, services) {
      const untilMs = parseTimeParameter('until', request.body['until']);
      await decide(request, services, (decisions, author) =>
        decisions.accept(String(request.body['id']), {
          ...author,
          ...(untilMs !== undefined && { until: formatTime(untilMs) }),
        }),
      );
    },
  },
  {
    ...{ method: 'POST', path: '/reconciliation/assign', operationId: 'assignBreak', access: 'operate' },
    summary: 'Names the person who works on a break.',
    body: createObjectSchema({ id: BREAK_ID, assignee: SEARCH_TEXT_SCHEMA, note: NOTE }),
    response: null,
    async handle(request, services) {
      const { id, assignee } = request.body;
      await decide(request, services, (decisions, author) =>
        decisions.assign(String(id), String(assignee), author),
      );
    },
  },
  {
    ...{ method: 'POST', path: '/reconciliation/comment', operationId: 'commentOnBreak', access: 'operate' },
    summary: 'Adds a comment to a break.',
    body: createObjectSchema({ id: BREAK_ID, note: NOTE }),
    response: null,
    async handle(request, services) {
      await decide(request, services, (decisions, author) =>
        decisions.comment(String(request.body['id']), author),
      );
    },
  },
  {
    ...{ method: 'POST', path: '/reconciliation/link', operationId: 'linkBreaks', access: 'operate' },
    summary:
      'Matches the items of breaks of one policy. The sums of both sides must be equal. The next run uses the link.',
    body: createObjectSchema({
      ids: {
        ...createListSchema(SEARCH_TEXT_SCHEMA),
        minItems: 1,
        maxItems: MAX_LINKED_BREAKS,
        description: 'Ids of the breaks.',
      },
      note: NOTE,
    }),
    response: createObjectSchema({ link: LINK_NUMBER }),
    async handle(request, services) {
      const ids = request.body['ids'] as string[];
      return { link: await decide(request, services, (decisions, author) => decisions.link(ids, author)) };
    },
  },
  {
    ...{ method: 'POST', path: '/reconciliation/unlink', operationId: 'unlinkBreaks', access: 'operate' },
    summary: 'Undoes a link. The next run no longer matches the items by it.',
    body: createObjectSchema({ link: LINK_NUMBER, note: NOTE }),
    response: null,
    async handle(request, services) {
      await decide(request, services, (decisions, author) =>
        decisions.unlink(Number(request.body['link']), author),
      );
    },
  },
];

/**
 * Records a decision about breaks that the operator may see.
 * @throws ContractError 404 for an unknown break or link, or 409 with the reason if the decision is not possible
 */
async function decide<T>(
  { operator, body }: OperatorRequest,
  { deployment, store }: OperatorServices,
  record: (decisions: BreakDecisions, author: DecisionAuthor) => Promise<T>,
): Promise<T> {
  const policies = listVisiblePolicyNames(deployment, operator);
  const decisions = new BreakDecisions(store.reconciliation(), policies);
  try {
    return await record(decisions, { by: operator.name, note: String(body['note']) });
  } catch (error) {
    if (!(error instanceof DecisionError)) throw error;
    const isUnknown = error instanceof UnknownBreakError;
    throw new ContractError(
      isUnknown ? HttpStatus.NOT_FOUND : HttpStatus.CONFLICT,
      isUnknown ? 'No such break' : 'The decision is not possible',
      `${error.message.replace(/\.$/, '')}. Nothing was changed.`,
    );
  }
}
