/** How the simulated PSP treats an order badly: what an attempt to hand it over meets, and what becomes of an order that was taken. */
import { draw, drawInt, Topic } from './sandbox.random.js';
import type { SandboxSettings } from './sandbox.config.js';

/** What one attempt meets. */
export const FAULTS = [
  /** The answer comes at once. */
  'none',
  'answers-late',
  /** Executed, and the connection drops before the answer. */
  'answer-lost',
  /** Executed, and the answer is a 5xx. */
  'unavailable-after',
  /** The connection drops; the order is executed later, and nobody can find it until then. */
  'executes-later',
  /** The connection drops before the order arrives. */
  'lost',
  'unavailable',
  'rate-limited',
  'unauthorized',
  'rejected',
] as const;
export type Fault = (typeof FAULTS)[number];

/** What becomes of an order that was taken. */
export const FATES = ['succeeds', 'settles', 'fails', 'fails-at-once', 'stays-pending', 'returns'] as const;
export type Fate = (typeof FATES)[number];

/** What a client chose with the metadata of its order, as far as it chose. */
export interface Wishes {
  /** For one attempt after the other; the last one is for all that follow. */
  faults?: readonly Fault[];
  fate?: Fate;
  /** Milliseconds. */
  after?: number;
}

/**
 * What an attempt that meets the fault decides for its key, once and for all: that the order is paid, or that it never will be. A PSP that
 * rejected an order and paid it at the next attempt would make a liar of whoever believed the rejection.
 */
export function decisionOf(fault: Fault): 'taken' | 'refused' | undefined {
  switch (fault) {
    case 'none':
    case 'answers-late':
    case 'answer-lost':
    case 'unavailable-after':
    case 'executes-later':
      return 'taken';
    case 'rejected':
      return 'refused';
    case 'lost':
    case 'unavailable':
    case 'rate-limited':
    case 'unauthorized':
      return undefined;
  }
}

/** Whether an attempt that meets the fault leaves the order with the PSP. */
export function isTaken(fault: Fault): boolean {
  return decisionOf(fault) === 'taken';
}

/** @returns a sentence instead, when a word is not known. */
export function readWishes(metadata: Readonly<Record<string, string | undefined>>): Wishes | string {
  const words = metadata['sandbox/fault']?.split(',').map((word) => word.trim());
  const fate = metadata['sandbox/fate'];
  const after = metadata['sandbox/after'];
  const unknown = words?.find((word) => !isOneOf(FAULTS, word));
  if (unknown !== undefined) return unknownWord('sandbox/fault', unknown, FAULTS);
  if (fate !== undefined && !isOneOf(FATES, fate)) return unknownWord('sandbox/fate', fate, FATES);
  if (after !== undefined && !/^\d{1,9}$/.test(after)) {
    return `"sandbox/after" is ${quote(after)}, expected milliseconds`;
  }
  return {
    faults: words?.filter((word) => isOneOf(FAULTS, word)),
    fate,
    after: after === undefined ? undefined : Number(after),
  };
}

/** @param attempt how many attempts with this key the PSP saw before. @param chance of the key, a whole number */
export function planFault(settings: SandboxSettings, wishes: Wishes, chance: number, attempt: number): Fault {
  const { faults } = wishes;
  if (faults) return faults[Math.min(attempt, faults.length - 1)] ?? 'none';
  const { seed, orderFaults } = settings;
  if (draw(seed, Topic.Faults, chance, 2 * attempt) >= orderFaults) return 'none';
  return FAULTS[1 + drawInt(FAULTS.length - 1, seed, Topic.Faults, chance, 2 * attempt + 1)] ?? 'none';
}

export function planFate({ seed, orderFates }: SandboxSettings, wishes: Wishes, chance: number): Fate {
  if (wishes.fate) return wishes.fate;
  if (draw(seed, Topic.Fates, chance) >= orderFates) return 'succeeds';
  return FATES[1 + drawInt(FATES.length - 1, seed, Topic.Fates, chance, 1)] ?? 'succeeds';
}

export function isOneOf<T extends string>(words: readonly T[], word: unknown): word is T {
  return (words as readonly unknown[]).includes(word);
}

function unknownWord(key: string, found: string, words: readonly string[]): string {
  return `"${key}" is ${quote(found)}, expected one of ${words.join(', ')}`;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
