/** Reads the decisions of people about the breaks of a policy, up to a position in the audit trail. */
import type { ReconciliationRepository } from '@tributary/feed';
import type { Decision, ItemReference, ReconciliationEvent } from './event.types.js';

const BATCH_EVENTS = 1000;

export interface BreakAcceptance {
  fingerprint: string;
  by: string;
  note: string;
  at: string;
  until?: string;
}

export interface ManualLink {
  /** Sequence number of the event. */
  seq: number;
  items: ItemReference[];
}

export interface Decisions {
  /** The newest acceptance of each break, by the id of the break. */
  acceptances: ReadonlyMap<string, BreakAcceptance>;
  assignees: ReadonlyMap<string, string>;
  /** The links that are not undone, oldest first. */
  links: readonly ManualLink[];
}

/**
 * Reads the decisions of people about the breaks of a policy.
 * @param upToSeq events after this sequence number are ignored
 */
export async function readDecisions(
  repository: ReconciliationRepository,
  policy: string,
  upToSeq: number,
): Promise<Decisions> {
  const acceptances = new Map<string, BreakAcceptance>();
  const assignees = new Map<string, string>();
  const links = new Map<number, ManualLink>();
  for await (const event of streamEvents(repository)) {
    if (event.seq > upToSeq) break;
    if (event.policy !== policy) continue;
    switch (event.kind) {
      case 'accept': {
        const { fingerprint, by, note, at, until } = event;
        acceptances.set(event.break, { fingerprint, by, note, at, ...(until !== undefined && { until }) });
        break;
      }
      case 'assign':
        assignees.set(event.break, event.assignee);
        break;
      case 'link':
        links.set(event.seq, { seq: event.seq, items: event.items });
        break;
      case 'unlink':
        links.delete(event.link);
        break;
      case 'comment':
      case 'run':
        break;
      default:
        event satisfies never;
    }
  }
  return { acceptances, assignees, links: [...links.values()] };
}

/** Returns all events of the audit trail, oldest first. */
export async function* streamEvents(
  repository: ReconciliationRepository,
): AsyncGenerator<ReconciliationEvent> {
  let after = 0;
  for (;;) {
    const batch = await repository.readEvents(after, BATCH_EVENTS);
    for (const { body } of batch) yield JSON.parse(body) as ReconciliationEvent;
    const last = batch.at(-1);
    if (!last) return;
    after = last.seq;
  }
}

/** Returns the decisions about one break, oldest first. */
export async function listBreakEvents(
  repository: ReconciliationRepository,
  breakId: string,
): Promise<(Decision & { seq: number; at: string })[]> {
  const found: (Decision & { seq: number; at: string })[] = [];
  for await (const event of streamEvents(repository)) {
    if (event.kind !== 'run' && isAboutBreak(event, breakId, found)) found.push(event);
  }
  return found;
}

/** @param found the earlier events about the break */
function isAboutBreak(event: Decision, breakId: string, found: readonly { seq: number }[]): boolean {
  switch (event.kind) {
    case 'link':
      return event.breaks.includes(breakId);
    case 'unlink':
      return found.some(({ seq }) => seq === event.link);
    case 'accept':
    case 'assign':
    case 'comment':
      return event.break === breakId;
  }
}
