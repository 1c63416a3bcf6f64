import { servedId } from '@tributary/connector-api';
import type { Mirror, MirroredRecord, Stream } from '@tributary/connector-api';
import type { Store } from '@tributary/feed';

/** What a plugin may know of its connector's own feeds, in the plugin's ids. */
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

/** Rows are our own, written by `wire.ts`: they need no check. */
function parseRow(body: string): MirroredRecord {
  const { metadata = {}, status } = JSON.parse(body) as Partial<MirroredRecord>;
  return status === undefined ? { metadata } : { metadata, status };
}
