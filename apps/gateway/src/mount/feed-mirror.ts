import { servedId } from '@tributary/connector-api';
import type { Mirror, MirroredRecord, Stream } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';

/** Reads records of the connector's own feeds for its plugin. It converts between the plugin's ids and the served ids. */
export class FeedMirror implements Mirror {
  constructor(
    private readonly path: string,
    private readonly store: Store,
  ) {}

  async latest(stream: Stream, ids: readonly string[]): Promise<Map<string, MirroredRecord>> {
    const feed = await this.store.feed(this.path, stream);
    const served = new Map<string, string>();
    for (const id of ids) {
      const wireId = servedId(id);
      if (wireId !== undefined) served.set(wireId, id);
    }
    const rows = await feed.latest([...served.keys()]);
    const records = new Map<string, MirroredRecord>();
    for (const [wireId, body] of rows) {
      const id = served.get(wireId);
      if (id !== undefined) records.set(id, parseRow(body));
    }
    return records;
  }
}

/** Parses a row without validation, because `serialize-records.ts` of connector-api wrote it. */
function parseRow(body: string): MirroredRecord {
  const { metadata = {}, status } = JSON.parse(body) as Partial<MirroredRecord>;
  return status === undefined ? { metadata } : { metadata, status };
}
