/**
 * The types of the requests that were sent to a PSP about orders, and of the responses. They are for operators only: no decision about an
 * order depends on them. All times are milliseconds since 1970.
 */

/** One request to the PSP about an order, and the response. */
export interface OrderExchange {
  orderId: string;
  at: number;
  /** The number of the request within the call of the plugin, from 0. */
  position: number;
  /** Whether the plugin sent the order, or looked it up. */
  action: 'send' | 'lookup';
  /** The number of attempts to send the order, including this one. */
  attempt: number;
  /** The request and the response as JSON, without secrets. The library `orders` defines the content. */
  body: string;
}

export interface OrderExchangeRepository {
  /**
   * Stores exchanges for a limited time. If an order has many exchanges, only the first attempts and the newest exchanges are kept.
   * @param keepMs time in ms after which the exchanges are deleted
   */
  append(exchanges: readonly OrderExchange[], keepMs: number): Promise<void>;
  /** Returns the stored exchanges of an order that have not expired, oldest first. */
  findByOrder(orderId: string): Promise<OrderExchange[]>;
  /**
   * Deletes expired exchanges, at most a limited number in one call.
   * @returns true if more expired exchanges may be left
   */
  deleteExpired(): Promise<boolean>;
}
