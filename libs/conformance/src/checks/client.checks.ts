/**
 * Checks that Formance's releases can read the service. Each release is simulated by a model. The data that the model stores is compared
 * with the lists.
 */
import { STREAMS } from '@tributary/connector-api';
import type { ConformanceCheck } from '../conformance.types.js';
import { READER_VERSIONS, type ClientVersion } from '../clients/client-versions.js';
import { ResponseRejected } from '../clients/decode-response.js';
import { PollFailed } from '../clients/formance-store.js';
import { GenericConnectorClient } from '../clients/generic-connector-client.js';
import type { ServerUnderTest } from '../server-under-test.js';

/** The maximum number of requests of one model. Without it, the model would never stop reading a service whose lists do not end. */
const MAX_REQUESTS = 2_000;

export const CLIENT_CHECKS: readonly ConformanceCheck[] = READER_VERSIONS.map((version) => ({
  id: `clients/${version.name}`,
  title: `Formance Payments ${version.name} reads everything`,
  // Releases before v3.2.0 accept fewer types and statuses, so a service that uses other words cannot serve these releases. The result is
  // only a warning, because few of these releases are still in use.
  severity: knowsAllWords(version) ? 'error' : 'warning',
  consequence: knowsAllWords(version)
    ? 'This release stops at a page that it rejects, or never gets some of the rows.'
    : 'This release stops at a page that it rejects. It is older than v3.2.0, and knows only three types and three statuses.',
  run: (server) => readWithModel(server, version),
}));

function knowsAllWords({ words }: ClientVersion): boolean {
  return words.types.has('OTHER');
}

async function readWithModel(server: ServerUnderTest, version: ClientVersion): Promise<string[]> {
  let requests = 0;
  const client = new GenericConnectorClient(version, async (path) => {
    if (++requests > MAX_REQUESTS) throw new Error(`the lists do not end after ${MAX_REQUESTS} requests`);
    return server.request(path);
  });
  const problems: string[] = [];
  for (const stream of STREAMS) {
    try {
      // The second poll begins at the time of the last row of the first poll.
      await client.poll(stream);
      await client.poll(stream);
    } catch (error) {
      if (!(error instanceof ResponseRejected || error instanceof PollFailed || error instanceof Error))
        throw error;
      problems.push(`${stream}: ${error.message}`);
      continue;
    }
    problems.push(...(await findMissingRows(server, client, stream)));
  }
  return problems;
}

async function findMissingRows(
  server: ServerUnderTest,
  client: GenericConnectorClient,
  stream: (typeof STREAMS)[number],
): Promise<string[]> {
  const rows = await server.rows(stream);
  if (stream !== 'transactions')
    return rows
      .filter(({ id }) => !client.formance.accounts.has(id))
      .map(({ id }) => `${stream}: ${id} never arrived`);
  const arrived = new Set(
    [...client.formance.adjustments].map((name) => name.split(' / ')[1]?.split(' ')[0]),
  );
  return [...new Set(rows.map(({ id }) => id))]
    .filter((id) => !isKnown(client, arrived, id))
    .map((id) => `transactions: ${id} never arrived`);
}

/** Returns true if the model has stored the row. Some releases store a related row under the id of the row to which it refers. */
function isKnown(
  { formance, version }: GenericConnectorClient,
  arrived: ReadonlySet<string | undefined>,
  id: string,
): boolean {
  return (
    arrived.has(id) ||
    (version.relatedIdEffect === 'replaces the id' &&
      [...formance.payments.keys()].some((name) => name.startsWith(`${id} `)))
  );
}
