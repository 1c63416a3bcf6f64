/**
 * Builds the breaks of the legs `feed` and `payments`. Such a break has no items, because no item of the policy is without its other side.
 * It names the object that differs.
 */
import { createHash } from 'node:crypto';
import type { Break, BreakClass, BreakObject } from '../breaks/break.types.js';
import { findValidAcceptance } from '../breaks/find-acceptance.js';
import type { Decisions } from '../events/read-decisions.js';

export interface LegBreakDraft {
  leg: NonNullable<Break['leg']>;
  class: BreakClass;
  object: BreakObject;
  reason: string;
  differences: Break['differences'];
  /** RFC 3339. Absent if the source does not contain the time at which the difference began. */
  since?: string;
  /**
   * The time until which the break is pending if the previous run does not contain it, in milliseconds since 1970. Absent for a difference
   * that cannot disappear without an action.
   */
  pendingUntil?: number;
}

/** The properties of a run that a break of these legs depends on. */
export interface LegBreakContext {
  policy: string;
  /** RFC 3339. */
  asOf: string;
  decisions: Decisions;
  /** Returns the break with this id in the previous run. */
  findPrevious: (id: string) => Promise<Break | undefined>;
}

/** Builds the break. If the source contains no time, the break begins at the run that found it first. */
export async function buildLegBreak(
  draft: LegBreakDraft,
  { policy, asOf, decisions, findPrevious }: LegBreakContext,
): Promise<Break> {
  const id = toLegBreakId(policy, draft);
  const fingerprint = createHash('sha256').update(`${draft.class}\n${draft.reason}`).digest('hex');
  const previous = await findPrevious(id);
  const acceptance = findValidAcceptance(decisions, id, fingerprint, Date.parse(asOf));
  const assignee = decisions.assignees.get(id);
  const pendingUntil = previous === undefined ? draft.pendingUntil : undefined;
  const isPending = pendingUntil !== undefined && Date.parse(asOf) < pendingUntil;
  return {
    ...{ id, class: draft.class, isNew: previous === undefined, reason: draft.reason },
    state: acceptance ? 'accepted' : isPending ? 'pending' : 'open',
    ...{ differences: draft.differences, items: [], itemCount: 0 },
    ...{ since: draft.since ?? previous?.since ?? asOf, fingerprint },
    ...(isPending && { pendingUntil: new Date(pendingUntil).toISOString() }),
    ...(acceptance && { acceptance }),
    ...(assignee !== undefined && { assignee }),
    ...{ leg: draft.leg, object: draft.object },
  };
}

/** Converts a stored break to the draft from which it was built. */
export function toLegBreakDraft(found: Break): LegBreakDraft | undefined {
  const { leg, object, class: name, reason, differences, since } = found;
  return leg && object && { leg, object, class: name, reason, differences, since };
}

/** Returns the id of the break. The id depends only on the object, so it does not change when the class or an amount changes. */
function toLegBreakId(policy: string, { leg, object }: LegBreakDraft): string {
  const identity = JSON.stringify([leg, object.source, object.kind, object.id]);
  return `brk_${createHash('sha256').update(`${policy} ${identity}`).digest('hex').slice(0, 20)}`;
}
