/** The endpoints of reconciliation: policies, their runs, and the breaks (items without a match) of a run. */
import { formatTime } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import type { ReconciliationRepository, StoredBreak, StoredRun } from '@tributary/feed';
import {
  BREAK_CLASSES,
  BreakDecisions,
  DecisionError,
  LEG_VERDICTS,
  LEGS,
  listBreakEvents,
  VERDICTS,
} from '@tributary/reconciliation';
import { HttpStatus } from '@nestjs/common';
import type { OperatorEndpoint, OperatorRequest, OperatorServices } from '../endpoint.types.js';
import { decodePosition, encodePosition, takePage, type PageOf } from '../page-position.js';
import {
  ANY_OBJECT_SCHEMA,
  COUNT_SCHEMA,
  createListSchema,
  createObjectSchema,
  PAGE_QUERY_SCHEMAS,
  createPageSchema,
  SEARCH_TEXT_SCHEMA,
  TEXT_SCHEMA,
  TIME_SCHEMA,
} from '../schemas.js';
import { listVisiblePolicies, listVisiblePolicyNames } from '../visible-connectors.js';

const LEG = createObjectSchema({
  leg: { type: 'string', enum: [...LEGS] },
  verdict: { type: 'string', enum: [...LEG_VERDICTS] },
  reasons: createListSchema(TEXT_SCHEMA),
  breaks: { ...ANY_OBJECT_SCHEMA, description: 'The number of breaks of the leg by state.' },
  positions: createListSchema(
    createObjectSchema({
      source: { ...TEXT_SCHEMA, description: 'Account and asset, connector, or ledger.' },
      'position?': { ...COUNT_SCHEMA, description: 'Row of the feed, or transaction of the ledger.' },
      text: TEXT_SCHEMA,
    }),
  ),
});

const RUN = createObjectSchema({
  id: TEXT_SCHEMA,
  policy: TEXT_SCHEMA,
  startedAt: TIME_SCHEMA,
  finishedAt: TIME_SCHEMA,
  verdict: { type: 'string', enum: [...VERDICTS] },
  summary: {
    ...ANY_OBJECT_SCHEMA,
    properties: {
      legs: {
        ...createListSchema(LEG),
        description:
          'PSP to feed, feed to Formance Payments, feed to ledger. Runs of earlier releases do not have them.',
      },
    },
    description: 'Balances, matches, legs, and the number of breaks by class and state.',
  },
});

const BREAK_STATES = ['open', 'pending', 'accepted'] as const;
/** The number of breaks that are read at a time. */
const SLICE_BREAKS = 200;
const MAX_SLICES = 10;

export const RECONCILIATION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'GET', path: '/reconciliation', operationId: 'listPolicies', access: 'read' },
    summary: 'Lists the reconciliation policies with their newest run, sorted by name.',
    query: PAGE_QUERY_SCHEMAS,
    response: createPageSchema(
      createObjectSchema({ policy: TEXT_SCHEMA, ledger: TEXT_SCHEMA, 'newestRun?': RUN }),
    ),
    async handle({ operator, query }, { deployment, store }) {
      const policies = listVisiblePolicies(deployment, operator)
        .map(({ policy }) => policy)
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      const page = takePage(policies, query, ({ name }) => name);
      const repository = store.reconciliation();
      const items = [];
      for (const { name, ledger } of page.items) {
        const [run] = await repository.listRuns(name, 1);
        items.push({ policy: name, ledger, ...(run && { newestRun: toRunView(run) }) });
      }
      return { items, next: page.next };
    },
  },
  {
    ...{ method: 'GET', path: '/reconciliation/runs', operationId: 'listReconciliationRuns', access: 'read' },
    summary: 'Lists the newest runs of a policy, newest first.',
    query: { policy: SEARCH_TEXT_SCHEMA, limit: PAGE_QUERY_SCHEMAS['limit'] ?? {} },
    requiredQuery: ['policy'],
    response: createObjectSchema({ items: createListSchema(RUN) }),
    async handle(request, services) {
      const policy = requirePolicy(request, services, request.query['policy']);
      const runs = await services.store.reconciliation().listRuns(policy, Number(request.query['limit']));
      return { items: runs.map(toRunView) };
    },
  },
  {
    ...{ method: 'GET', path: '/reconciliation/breaks', operationId: 'listBreaks', access: 'read' },
    summary:
      'Lists the breaks of a run, sorted by id. An answer can have few items or none, and go on with `next`.',
    query: {
      run: { ...SEARCH_TEXT_SCHEMA, description: 'Id of the run.' },
      class: { type: 'string', enum: [...BREAK_CLASSES] },
      state: { type: 'string', enum: [...BREAK_STATES] },
      ...PAGE_QUERY_SCHEMAS,
    },
    requiredQuery: ['run'],
    response: createPageSchema(ANY_OBJECT_SCHEMA),
    async handle(request, services) {
      const { query } = request;
      const repository = services.store.reconciliation();
      const run = await repository.findRun(String(query['run']));
      if (!run) throw createNotFoundError('run');
      requirePolicy(request, services, run.name);
      const [after = ''] = decodePosition(query['after'], ['string']) ?? [];
      return readBreakPage(repository, run.id, after, query);
    },
  },
  {
    ...{ method: 'GET', path: '/reconciliation/break', operationId: 'getBreak', access: 'read' },
    summary: 'Returns a break of a newest run, with what people decided about it.',
    query: { id: SEARCH_TEXT_SCHEMA },
    requiredQuery: ['id'],
    response: createObjectSchema({
      break: ANY_OBJECT_SCHEMA,
      run: TEXT_SCHEMA,
      policy: TEXT_SCHEMA,
      events: createListSchema(ANY_OBJECT_SCHEMA),
    }),
    async handle({ operator, query }, { deployment, store }) {
      const id = String(query['id']);
      const repository = store.reconciliation();
      const names = listVisiblePolicyNames(deployment, operator);
      const { run, found } = await new BreakDecisions(repository, names).find(id).catch((error: unknown) => {
        throw error instanceof DecisionError ? createNotFoundError('break') : error;
      });
      return { break: found, run: run.id, policy: run.name, events: await listBreakEvents(repository, id) };
    },
  },
];

async function readBreakPage(
  repository: ReconciliationRepository,
  runId: string,
  after: string,
  { class: breakClass, state, limit }: OperatorRequest['query'],
): Promise<PageOf<unknown>> {
  const items: StoredBreak[] = [];
  let last = after;
  for (let slice = 0; slice < MAX_SLICES; slice++) {
    const breaks = await repository.readBreaks(runId, last, SLICE_BREAKS);
    for (const each of breaks) {
      last = each.id;
      if (breakClass !== undefined && each.class !== breakClass) continue;
      if (state !== undefined && each.state !== state) continue;
      if (items.push(each) === Number(limit)) return toBreakPage(items, last);
    }
    if (breaks.length < SLICE_BREAKS) return toBreakPage(items, undefined);
  }
  return toBreakPage(items, last);
}

function toBreakPage(items: readonly StoredBreak[], last: string | undefined): PageOf<unknown> {
  return {
    items: items.map(({ body }) => JSON.parse(body) as unknown),
    next: last === undefined ? null : encodePosition(last),
  };
}

function toRunView({ id, name, startedAt, finishedAt, verdict, summary }: StoredRun) {
  return {
    ...{ id, policy: name, verdict, summary: JSON.parse(summary) as unknown },
    ...{ startedAt: formatTime(startedAt), finishedAt: formatTime(finishedAt) },
  };
}

/**
 * Returns the policy with this name.
 * @throws ContractError 404 for a policy that the operator may not see
 */
function requirePolicy(
  { operator }: OperatorRequest,
  { deployment }: OperatorServices,
  name: unknown,
): string {
  const found = listVisiblePolicies(deployment, operator).find(({ policy }) => policy.name === name);
  if (!found) throw createNotFoundError('policy');
  return found.policy.name;
}

function createNotFoundError(noun: string): ContractError {
  return new ContractError(
    HttpStatus.NOT_FOUND,
    `No such ${noun}`,
    `There is no such ${noun}, or the key is for another tenant.`,
  );
}
