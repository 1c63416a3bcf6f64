/** Chooses the faults of orders: the fault of an attempt to submit an order, and the final outcome (fate) of an accepted order. */
import { getRandomFraction, getRandomInteger, RandomTopic } from './stateless-random.js';
import type { SandboxSettings } from '../sandbox.config.js';

/** The faults of one attempt to submit an order. The words occur in the documentation and in the journal. */
export const ORDER_FAULTS = [
  /** No fault: the response is immediate. */
  'none',
  'answers-late',
  /** The PSP executes the order, but the connection is closed before the response. */
  'answer-lost',
  /** The PSP executes the order, but the response is a 5xx. */
  'unavailable-after',
  /** The connection is closed, and the PSP executes the order later. Until then, the order cannot be looked up. */
  'executes-later',
  /** The connection is closed before the PSP receives the order. */
  'lost',
  'unavailable',
  'rate-limited',
  'unauthorized',
  'rejected',
] as const;
export type OrderFault = (typeof ORDER_FAULTS)[number];

/** The final outcomes of an accepted order. The words occur in the documentation and in the journal. */
export const ORDER_FATES = [
  'succeeds',
  'settles',
  'fails',
  'fails-at-once',
  'stays-pending',
  'returns',
] as const;
export type OrderFate = (typeof ORDER_FATES)[number];

/** The behaviour of the PSP that a client requests in the metadata of its order. */
export interface RequestedBehavior {
  /** The faults of consecutive attempts. The last fault applies to all further attempts. */
  faults?: readonly OrderFault[];
  fate?: OrderFate;
  /** The delay in ms of all later events. */
  delayMs?: number;
}

/**
 * Returns what an attempt with this fault finally decides for its idempotency key: the order is accepted, it is rejected, or nothing is
 * decided. A rejection is final, because clients rely on it: a PSP must never execute an order that it has rejected.
 */
export function getFinalDecision(fault: OrderFault): 'accepted' | 'rejected' | undefined {
  switch (fault) {
    case 'none':
    case 'answers-late':
    case 'answer-lost':
    case 'unavailable-after':
    case 'executes-later':
      return 'accepted';
    case 'rejected':
      return 'rejected';
    case 'lost':
    case 'unavailable':
    case 'rate-limited':
    case 'unauthorized':
      return undefined;
  }
}

/** Returns true if the PSP accepts the order despite the fault. */
export function isOrderAccepted(fault: OrderFault): boolean {
  return getFinalDecision(fault) === 'accepted';
}

/**
 * Parses the metadata of an order.
 * @returns an error message (a string) if a value is invalid
 */
export function parseRequestedBehavior(
  metadata: Readonly<Record<string, string | undefined>>,
): RequestedBehavior | string {
  const words = metadata['sandbox/fault']?.split(',').map((word) => word.trim());
  const fate = metadata['sandbox/fate'];
  const after = metadata['sandbox/after'];
  const unknown = words?.find((word) => !isOneOf(ORDER_FAULTS, word));
  if (unknown !== undefined) return unknownWordMessage('sandbox/fault', unknown, ORDER_FAULTS);
  if (fate !== undefined && !isOneOf(ORDER_FATES, fate))
    return unknownWordMessage('sandbox/fate', fate, ORDER_FATES);
  if (after !== undefined && !/^\d{1,9}$/.test(after)) {
    return `"sandbox/after" is ${quote(after)}, expected milliseconds`;
  }
  return {
    faults: words?.filter((word) => isOneOf(ORDER_FAULTS, word)),
    fate,
    delayMs: after === undefined ? undefined : Number(after),
  };
}

/**
 * Returns the fault of an attempt.
 * @param chance the hash of the key, an integer
 * @param attempt the number of earlier attempts with the same key
 */
export function chooseFault(
  settings: SandboxSettings,
  requested: RequestedBehavior,
  chance: number,
  attempt: number,
): OrderFault {
  const { faults } = requested;
  if (faults) return faults[Math.min(attempt, faults.length - 1)] ?? 'none';
  const { seed, orderFaults } = settings;
  if (getRandomFraction(seed, RandomTopic.Faults, chance, 2 * attempt) >= orderFaults) return 'none';
  return (
    ORDER_FAULTS[
      1 + getRandomInteger(ORDER_FAULTS.length - 1, seed, RandomTopic.Faults, chance, 2 * attempt + 1)
    ] ?? 'none'
  );
}

export function chooseFate(
  { seed, orderFates }: SandboxSettings,
  requested: RequestedBehavior,
  chance: number,
): OrderFate {
  if (requested.fate) return requested.fate;
  if (getRandomFraction(seed, RandomTopic.Fates, chance) >= orderFates) return 'succeeds';
  return (
    ORDER_FATES[1 + getRandomInteger(ORDER_FATES.length - 1, seed, RandomTopic.Fates, chance, 1)] ??
    'succeeds'
  );
}

export function isOneOf<T extends string>(words: readonly T[], word: unknown): word is T {
  return (words as readonly unknown[]).includes(word);
}

function unknownWordMessage(key: string, found: string, words: readonly string[]): string {
  return `"${key}" is ${quote(found)}, expected one of ${words.join(', ')}`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
