/** Registry of the requests in this process that wait for the response to an order. */
export class Answers {
  private readonly waiting = new Map<string, Set<(answer: string) => void>>();

  /**
   * Registers a callback for the response to an order.
   * @returns a function that removes the callback
   */
  await(order: string, take: (answer: string) => void): () => void {
    const all = this.waiting.get(order) ?? new Set();
    this.waiting.set(order, all.add(take));
    return () => {
      all.delete(take);
      if (all.size === 0 && this.waiting.get(order) === all) this.waiting.delete(order);
    };
  }

  /** Calls every callback that waits for this order. */
  give(order: string, answer: string): void {
    for (const take of this.waiting.get(order) ?? []) take(answer);
  }
}
