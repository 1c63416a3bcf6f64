import { parseServedTransaction, tryEncodeId } from '@tributary/connector-api';
import type { FeedReader, StoredRecord, Stream } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';

/**
 * Lets a plugin read records from the feeds of its own connector. It converts the ids between the form of the PSP and the form that clients
 * see.
 */
export class StoredRecordLookup implements FeedReader {
  constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {}

  async findLatest(stream: Stream, ids: readonly string[]): Promise<Map<string, StoredRecord>> {
    const feed = await this.store.feed(this.path, stream);
    const served = new Map<string, string>();
    for (const id of ids) {
      const wireId = tryEncodeId(id);
      if (wireId !== undefined) served.set(wireId, id);
    }
    const rows = await feed.latestBodies([...served.keys()]);
    const records = new Map<string, StoredRecord>();
    for (const [wireId, body] of rows) {
      const id = served.get(wireId);
      if (id !== undefined) records.set(id, parseRecord(stream, body));
    }
    return records;
  }
}

/** Parses the body of a row. The body is not validated, because `serialize-records.ts` of connector-api wrote it. */
function parseRecord(stream: Stream, body: string): StoredRecord {
  if (stream !== 'transactions') {
    const { metadata = {} } = JSON.parse(body) as Partial<StoredRecord>;
    return { metadata };
  }
  const transaction = parseServedTransaction(body);
  const { metadata, status } = transaction;
  return { metadata: (metadata ?? {}) as StoredRecord['metadata'], status, transaction };
}
