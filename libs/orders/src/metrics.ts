/** Prometheus metrics of orders. Their names and meanings are in `docs/operations.md`. */
import type { OrderBooks } from '@tributary/feed';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { OPEN } from './notice.js';

const LABELS = ['connector', 'state'] as const;

export class OrderMetrics {
  /** Instances by registry. A registry accepts each metric only once. */
  private static readonly known = new WeakMap<Registry, OrderMetrics>();

  static of(registry: Registry): OrderMetrics {
    const known = this.known.get(registry) ?? new OrderMetrics(registry);
    this.known.set(registry, known);
    return known;
  }

  readonly changes: Counter<(typeof LABELS)[number]>;
  private counted: { books: OrderBooks; connectors: readonly string[] } | undefined;

  private constructor(registry: Registry) {
    this.changes = new Counter({
      name: 'tributary_order_changes_total',
      help: 'Orders that came into a state, through this process',
      labelNames: LABELS,
      registers: [registry],
    });
    const read = () => this.read();
    new Gauge({
      name: 'tributary_orders',
      help: 'Orders that are not final, by state; the same in every process of a deployment',
      labelNames: LABELS,
      registers: [registry],
      async collect() {
        const counts = await read();
        this.reset();
        for (const { connector, state, count } of counts) this.set({ connector, state }, count);
      },
    });
  }

  /** Makes the gauge count the orders of these connectors. @returns a function that ends it */
  watch(books: OrderBooks, connectors: readonly string[]): () => void {
    const counted = { books, connectors };
    this.counted = counted;
    return () => {
      if (this.counted === counted) this.counted = undefined;
    };
  }

  /** Returns a count for every non-final state, including zeros, because alert rules need a value. */
  private async read() {
    if (!this.counted) return [];
    const { books, connectors } = this.counted;
    // Final orders are not counted here: the cost would grow with every order. The counter of changes covers them.
    const counts = await books.counts(connectors, OPEN).catch(() => []);
    const found = new Map(counts.map(({ connector, state, count }) => [`${connector} ${state}`, count]));
    return connectors.flatMap((connector) =>
      OPEN.map((state) => ({ connector, state, count: found.get(`${connector} ${state}`) ?? 0 })),
    );
  }
}
