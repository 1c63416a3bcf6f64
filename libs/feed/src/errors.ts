/** Another writer has taken over the feed: what was to be written was not, and whoever wanted to write must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(connector: string, stream: string) {
    super(`the lease of ${connector}/${stream} was lost to another writer; nothing was written`);
  }
}
