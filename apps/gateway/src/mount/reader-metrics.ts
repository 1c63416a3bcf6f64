/** Metrics of the readers: how far each API key is behind in each stream, and when it last asked. They are read from the store at a scrape. */
import type { Store } from '@tributary/feed';
import { Gauge, type Registry } from 'prom-client';

const LABELS = ['connector', 'stream', 'reader'] as const;
/** Two gauges are collected one after the other; they share one query. */
const MAX_AGE_MS = 1000;

export function registerReaderMetrics(
  registry: Registry,
  store: Pick<Store, 'findReaderPositions'>,
  connectors: readonly string[],
): void {
  let query: { at: number; positions: ReturnType<Store['findReaderPositions']> } | undefined;
  const findPositions = () => {
    if (query === undefined || performance.now() - query.at > MAX_AGE_MS)
      query = { at: performance.now(), positions: store.findReaderPositions(connectors) };
    // A store that cannot be read has metrics of its own. The gauges then have no values.
    return query.positions.catch(() => []);
  };
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
