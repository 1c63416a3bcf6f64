/** Collects the facts about the connectors of the deployment file from Formance, the gateway and its store. */
import { deriveReaderId } from '@tributary/auth';
import { STREAMS } from '@tributary/connector-api';
import { UNAUTHORIZED_READER, type ReaderPosition, type Store } from '@tributary/feed';
import {
  checkEndpoint,
  examineConnectors,
  type ConnectorFacts,
  type FormanceFacts,
  type StreamFacts,
} from '@tributary/formance';
import type { Deployment } from '../../../config/index.js';
import { withStore } from '../../shared/with-store.js';
import { withPaymentsClient } from './connect-to-formance.js';
import type { ConnectorsOfFormance } from './group-by-formance.js';

/**
 * Returns the facts about all connectors of a group.
 * @throws Error if the store cannot be opened
 */
export async function collectDiagnosisFacts(
  deployment: Deployment,
  group: ConnectorsOfFormance,
): Promise<ConnectorFacts[]> {
  const { connectors } = group;
  const formanceFacts = await withPaymentsClient(deployment, group, (client) =>
    examineConnectors(client, connectors),
  );
  return withStore(deployment, async (store) => {
    const positions = await store.findReaderPositions(connectors.map(({ path }) => path));
    const facts: ConnectorFacts[] = [];
    for (const [index, desired] of connectors.entries()) {
      const formance = formanceFacts[index]!;
      const own = positions.filter(({ connector }) => connector === desired.path);
      const unauthorized = sumUnauthorized(own);
      facts.push({
        ...{ desired, formance, endpoint: await checkEndpoint(desired.endpoint) },
        streams: await readStreams(store, desired.path, formance, own),
        ...(unauthorized && { unauthorized }),
        now: Date.now(),
      });
    }
    return facts;
  });
}

async function readStreams(
  store: Store,
  path: string,
  formance: FormanceFacts,
  positions: readonly ReaderPosition[],
): Promise<StreamFacts[]> {
  // The reader of the feeds is identified by the API key that is stored in Formance.
  const reader = formance.kind === 'found' ? deriveReaderId(`Bearer ${formance.config.apiKey}`) : undefined;
  const runs = await store.findLastSyncRuns(path);
  return Promise.all(
    STREAMS.map(async (stream): Promise<StreamFacts> => {
      const run = runs.find((one) => one.stream === stream);
      const position = positions.find((one) => one.reader === reader && one.stream === stream);
      const { rows } = await (await store.feed(path, stream)).head();
      return {
        ...{ stream, rows },
        ...(run && { lastPull: { at: run.startedAt, ...(run.error !== undefined && { error: run.error }) } }),
        ...(position && { reader: position }),
      };
    }),
  );
}

function sumUnauthorized(positions: readonly ReaderPosition[]): ConnectorFacts['unauthorized'] {
  const refused = positions.filter(({ reader }) => reader === UNAUTHORIZED_READER);
  if (refused.length === 0) return undefined;
  return {
    requests: refused.reduce((sum, { requests }) => sum + requests, 0),
    lastAt: Math.max(...refused.map(({ requestedAt }) => requestedAt)),
  };
}
