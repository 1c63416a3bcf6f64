/** The tables that contain data of connectors, by the column that refers to the connector. A test compares the lists with a real store. */

/** The tables whose column `feed_id` refers to a feed of the connector. */
export const FEED_TABLES = [
  'feed_rows',
  'held_rows',
  'quarantine',
  'last_pages',
  'account_sums',
  'feed_checkpoints',
  'feed_cursors',
] as const;

/** The tables whose column `order_id` refers to an order of the connector. */
export const ORDER_DETAIL_TABLES = ['order_history', 'order_exchanges', 'order_proposals'] as const;

/** The tables with the column `connector` that contain orders, and the sum of the orders of each day. */
export const ORDER_TABLES = ['orders', 'order_days'] as const;

/** The tables with the column `connector` that contain pulled data, the runs, and the state of readers. */
export const PULLED_DATA_TABLES = [
  'feeds',
  'balances',
  'balance_history',
  'reader_balances',
  'reader_positions',
  'sync_runs',
] as const;

/** The table with the column `connector` that contains the connectors themselves. */
export const CONNECTOR_TABLE = 'connectors';

/** The table with the column `connector` whose rows are evidence. They are never changed or deleted. */
export const AUDIT_TABLE = 'audit_events';

/** The tables of reconciliation whose column `source` can be the path of a connector. */
export const RECONCILIATION_SOURCE_TABLES = ['reconciliation_positions', 'reconciliation_items'] as const;
