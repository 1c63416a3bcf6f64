/** Shows the state of a stream as one word. */
import type { FeedStreamStatus } from '../api/operator-api.types';
import { Status, type Tone } from './values';

/** The number of missed pulls after which a stream is late. */
const LATE_AFTER_PULLS = 5;
/** The minimum lag in ms of a late stream. A pull itself takes time, so a stream with a short interval would otherwise seem late. */
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
