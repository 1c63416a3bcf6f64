/** Prometheus metrics of orders. Their names and meanings are in `docs/reference/metrics.md`. */
import type { OrderQueue } from '@tributary/feed';
import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { NON_FINAL_STATES } from '../state-machine/overdue-alert.js';

const LABEL_NAMES = ['connector', 'state'] as const;

export class OrderMetrics {
  /** The instance of each registry. A registry accepts each metric only once, so the instance is reused. */
  private static readonly byRegistry = new WeakMap<Registry, OrderMetrics>();

  static forRegistry(registry: Registry): OrderMetrics {
    const known = this.byRegistry.get(registry) ?? new OrderMetrics(registry);
    this.byRegistry.set(registry, known);
    return known;
  }

  readonly stateChanges: Counter<(typeof LABEL_NAMES)[number]>;
  private gaugeSource: { orderQueue: OrderQueue; connectors: readonly string[] } | undefined;

  private constructor(registry: Registry) {
    this.stateChanges = new Counter({
      name: 'tributary_order_changes_total',
      help: 'Orders that came into a state, through this process',
      labelNames: LABEL_NAMES,
      registers: [registry],
    });
    const readCounts = () => this.read();
    new Gauge({
      name: 'tributary_orders',
      help: 'Orders that are not final, by state; the same in every process of a deployment',
      labelNames: LABEL_NAMES,
      registers: [registry],
      async collect() {
        const counts = await readCounts();
        this.reset();
        for (const { connector, state, count } of counts) this.set({ connector, state }, count);
      },
    });
  }

  /**
   * Makes the gauge count the orders of these connectors.
   * @returns a function that ends the counting
   */
  registerGauge(orderQueue: OrderQueue, connectors: readonly string[]): () => void {
    const gaugeSource = { orderQueue, connectors };
    this.gaugeSource = gaugeSource;
    return () => {
      if (this.gaugeSource === gaugeSource) this.gaugeSource = undefined;
    };
  }

  /** Returns a count for every non-final state, including zeros, because alert rules need a value for every state. */
  private async read() {
    if (!this.gaugeSource) return [];
    const { orderQueue, connectors } = this.gaugeSource;
    // Final orders are not counted here, because their number grows and counting them would take longer and longer. The counter
    // `tributary_order_changes_total` covers them.
    const counts = await orderQueue.countByState(connectors, NON_FINAL_STATES).catch(() => []);
    const found = new Map(counts.map(({ connector, state, count }) => [`${connector} ${state}`, count]));
    return connectors.flatMap((connector) =>
      NON_FINAL_STATES.map((state) => ({ connector, state, count: found.get(`${connector} ${state}`) ?? 0 })),
    );
  }
}
