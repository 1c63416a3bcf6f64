import { encodeId, RefusedError } from '@tributary/connector-api';
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
    const served = new Map(ids.flatMap((id) => servedPair(id)));
    const rows = await feed.latest([...served.keys()]);
    const records = new Map<string, MirroredRecord>();
    for (const [servedId, body] of rows) {
      const id = served.get(servedId);
      if (id !== undefined) records.set(id, parseRow(body));
    }
    return records;
  }
}

/** An id that cannot be served is in no feed. */
function servedPair(id: string): [string, string][] {
  try {
    return [[encodeId(id), id]];
  } catch (error) {
    if (error instanceof RefusedError) return [];
    throw error;
  }
}

/** Rows are our own, written by `wire.ts`: they need no check. */
function parseRow(body: string): MirroredRecord {
  const { metadata = {}, status } = JSON.parse(body) as Partial<MirroredRecord>;
  return status === undefined ? { metadata } : { metadata, status };
}
