/** The state of a stream in one word. */
import type { FeedStreamStatus } from '../api/operator-api.types';
import { Status, type Tone } from './values';

/** A stream is late if it has missed this many pulls. */
const LATE_AFTER_PULLS = 5;
/** A pull itself takes time, so a short interval alone makes no stream late. */
const MIN_LATE_MS = 60_000;

export function StreamState({
  status,
  syncIntervalMs,
}: {
  status: FeedStreamStatus;
  syncIntervalMs: number;
}) {
  const [tone, word] = describeStreamState(status, syncIntervalMs);
  return <Status tone={tone}>{word}</Status>;
}

function describeStreamState(status: FeedStreamStatus, syncIntervalMs: number): [Tone, string] {
  const { pausedAt, lastRun, isPulling, lagMs } = status;
  if (pausedAt !== undefined) return ['warning', 'paused'];
  if (lastRun?.error !== undefined) return ['bad', 'fails'];
  if (lagMs !== undefined && lagMs > Math.max(MIN_LATE_MS, syncIntervalMs * LATE_AFTER_PULLS))
    return ['warning', 'late'];
  if (isPulling) return ['neutral', 'pulling'];
  return lagMs === undefined ? ['neutral', 'not pulled yet'] : ['good', 'up to date'];
}
