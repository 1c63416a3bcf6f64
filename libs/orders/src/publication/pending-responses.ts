/** The registry of the requests in this process that wait for the response to an order. */
export class PendingResponses {
  private readonly callbacks = new Map<string, Set<(response: string) => void>>();

  /**
   * Registers a callback for the response to an order.
   * @returns a function that removes the callback
   */
  waitFor(orderId: string, onResponse: (response: string) => void): () => void {
    const callbacks = this.callbacks.get(orderId) ?? new Set();
    this.callbacks.set(orderId, callbacks.add(onResponse));
    return () => {
      callbacks.delete(onResponse);
      if (callbacks.size === 0 && this.callbacks.get(orderId) === callbacks) this.callbacks.delete(orderId);
    };
  }

  /** Calls every callback that is registered for this order. */
  resolve(orderId: string, response: string): void {
    for (const onResponse of this.callbacks.get(orderId) ?? []) onResponse(response);
  }
}
