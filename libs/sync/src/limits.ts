/** How long and how much, in milliseconds where it is a time. */
export interface SyncLimits {
  /** Streams that are pulled at the same time, over all connectors. */
  concurrency: number;
  /** A long pull gives way to waiting ones after so long, at the end of a page. */
  turn: number;
  /** For one page of a plugin. */
  pageDeadline: number;
  /** For a plugin's iterator to close itself. */
  closeDeadline: number;
  /** After so long another process may take over from one that fell silent. */
  leaseTtl: number;
  /** For the pages in hand when the engine stops. */
  stopGrace: number;
  /** From a request to pull until the pull, so that a burst of requests is one pull. */
  pullDelay: number;
  /** Between the first pulls of two streams, so that a thousand connectors do not start together. */
  startSpacing: number;
  /** How often a page may come again with nothing new before it counts as an endless loop. */
  repeatedPages: number;
  /** After the first failure; it doubles with each. */
  firstBackOff: number;
  longestBackOff: number;
  /** After wrong credentials: a person must act first. */
  unauthorizedBackOff: number;
  /** An uneventful run is recorded only so often. */
  quietRecordEvery: number;
}

export const DEFAULT_LIMITS: SyncLimits = {
  concurrency: 32,
  turn: 5_000,
  pageDeadline: 60_000,
  closeDeadline: 1_000,
  leaseTtl: 10_000,
  stopGrace: 5_000,
  pullDelay: 200,
  startSpacing: 20,
  repeatedPages: 20,
  firstBackOff: 2_000,
  longestBackOff: 5 * 60_000,
  unauthorizedBackOff: 15 * 60_000,
  quietRecordEvery: 10 * 60_000,
};
