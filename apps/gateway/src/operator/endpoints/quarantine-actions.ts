/** What operators do with entries of the quarantine: retry rejected records, and dismiss entries. */
import type { Stream } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import { HttpStatus } from '@nestjs/common';
import { retryRejectedRecords } from '../actions.js';
import type { OperatorEndpoint } from '../endpoint.types.js';
import {
  CONNECTOR_PATH,
  COUNT,
  listOf,
  objectOf,
  QUARANTINE_KIND,
  SEARCH_TEXT,
  STREAM,
  TIME,
} from '../schemas.js';
import { toStoredKind } from './quarantine.js';
import { toAuthor, toStartView } from './stream-actions.js';

/** The most rejected records that one request retries. The streams are read again from the oldest of them, so the others are in it too. */
const MAX_RETRIED_RECORDS = 1_000;

export const QUARANTINE_ACTION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/quarantine/retry', operationId: 'retryQuarantine', access: 'operate' },
    summary:
      'Retries rejected records: their streams are read again from when the oldest first appeared. A record that is valid now resolves its entry.',
    body: objectOf({
      connector: CONNECTOR_PATH,
      'stream?': STREAM,
      'id?': { ...SEARCH_TEXT, description: 'One record; without it all rejected records.' },
    }),
    response: objectOf({
      records: COUNT,
      streams: listOf(objectOf({ stream: STREAM, 'readsFrom?': TIME })),
    }),
    async handle(request, services) {
      const { body } = request;
      const author = toAuthor(request, services, body['connector']);
      const stream = body['stream'] as Stream | undefined;
      const filter = { connectors: [author.connector], kind: 'refusal' as const, ...(stream && { stream }) };
      const found = await services.store.operator().listQuarantine(filter, undefined, MAX_RETRIED_RECORDS);
      const entries = found.filter(({ id }) => body['id'] === undefined || id === body['id']);
      if (entries.length === 0) throw createNoEntryError();
      const starts = await retryRejectedRecords(services.store, author, entries);
      services.retryPulls(
        author.connector,
        starts.map((start) => start.stream),
      );
      return { records: entries.length, streams: starts.map(toStartView) };
    },
  },
  {
    ...{
      method: 'POST',
      path: '/quarantine/dismiss',
      operationId: 'dismissQuarantineEntry',
      access: 'operate',
    },
    summary: 'Dismisses an entry. It stays away while the PSP sends the record with the same fault.',
    body: objectOf({
      connector: CONNECTOR_PATH,
      stream: STREAM,
      kind: QUARANTINE_KIND,
      id: SEARCH_TEXT,
      note: { ...SEARCH_TEXT, description: 'Why it is not a problem. The audit log keeps it.' },
    }),
    response: null,
    async handle(request, services) {
      const { body } = request;
      const author = toAuthor(request, services, body['connector']);
      const key = {
        stream: body['stream'] as Stream,
        kind: toStoredKind(body['kind']) ?? 'refusal',
        id: String(body['id']),
      };
      if (!(await services.store.operator().dismissEntry(author, key, String(body['note']))))
        throw createNoEntryError();
    },
  },
];

function createNoEntryError(): ContractError {
  return new ContractError(
    HttpStatus.NOT_FOUND,
    'No such entry',
    'The quarantine has no such entry, or it was resolved. Nothing was changed.',
  );
}
