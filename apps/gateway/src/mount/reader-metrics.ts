/**
 * The metrics of the readers: how many rows each API key is behind in each stream, and the time of its last request. At a scrape, the
 * values are read from the store.
 */
import type { Store } from '@tributary/feed';
import { Gauge, type Registry } from 'prom-client';
import { shareQuery } from '../metrics/share-query.js';

const LABELS = ['connector', 'stream', 'reader'] as const;

export function registerReaderMetrics(
  registry: Registry,
  store: Pick<Store, 'findReaderPositions'>,
  listConnectors: () => readonly string[],
): void {
  const findPositions = shareQuery(() => store.findReaderPositions(listConnectors()));
  new Gauge({
    name: 'tributary_reader_rows_behind',
    help: 'Rows of the stream that the reader does not have',
    labelNames: LABELS,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { connector, stream, reader, rowsBehind } of await findPositions())
        if (rowsBehind !== undefined) this.set({ connector, stream, reader }, rowsBehind);
    },
  });
  new Gauge({
    name: 'tributary_reader_last_request_seconds',
    help: 'Time of the last request of the reader, in seconds since 1970',
    labelNames: LABELS,
    registers: [registry],
    async collect() {
      this.reset();
      for (const { connector, stream, reader, requestedAt } of await findPositions())
        this.set({ connector, stream, reader }, requestedAt / 1000);
    },
  });
}
