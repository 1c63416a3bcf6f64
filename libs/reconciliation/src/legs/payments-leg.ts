/** The leg from the feed to Formance Payments: its breaks, its verdict, and the positions up to which the rows were compared. */
import type { DeliveryDifference, DeliveryDifferenceKind } from '@tributary/formance';
import type { Break, BreakClass } from '../breaks/break.types.js';
import { countStates, toLegVerdict, type SummarizedLeg } from './leg-verdict.js';
import { toLegBreakDraft, type LegBreakDraft } from './leg-break.js';
import type { ComparedDelivery, DeliveryObservation, LegPosition, LegSummary } from './leg.types.js';

/**
 * The time in ms after a request in which Formance may still be storing the rows that it got. A difference that is seen for the first time
 * in this period is pending.
 */
const STORING_MS = 120_000;

/** The classes of the breaks, the most important kind of difference first. */
const CLASSES: readonly (readonly [DeliveryDifferenceKind, BreakClass])[] = [
  ['missing', 'missing-in-payments'],
  ['doubled', 'doubled-in-payments'],
  ['different', 'differs-in-payments'],
  ['unexpected', 'unexpected-in-payments'],
];

/**
 * Returns the drafts of the leg's breaks, one for each object that differs.
 * @param previous the breaks of this leg in the previous run. If a connector could not be compared, its breaks continue to exist, because
 *   it is unknown whether they were resolved
 */
export function listPaymentsDrafts(
  observations: readonly DeliveryObservation[],
  previous: readonly Break[],
): LegBreakDraft[] {
  return observations.flatMap((observation): LegBreakDraft[] => {
    switch (observation.kind) {
      case 'compared':
        return toDrafts(observation.connector, observation);
      case 'failed':
        return previous.flatMap((each) => {
          const draft = each.leg === 'payments' ? toLegBreakDraft(each) : undefined;
          return draft?.object.source === observation.connector ? [draft] : [];
        });
      case 'not-configured':
      case 'not-requested':
        return [];
    }
  });
}

function toDrafts(
  connector: string,
  { differences, requestedAt }: Pick<ComparedDelivery, 'differences' | 'requestedAt'>,
): LegBreakDraft[] {
  const byObject = Map.groupBy(differences, ({ object, id }) => JSON.stringify([object, id]));
  return [...byObject.values()].flatMap((group): LegBreakDraft[] => {
    const [first] = group;
    const found = CLASSES.find(([kind]) => group.some((each) => each.kind === kind));
    if (!first || !found) return [];
    return [
      {
        ...{ leg: 'payments', class: found[1], differences: [] },
        object: { source: connector, kind: first.object, id: first.id },
        reason: group.map(({ message }) => message).join('; '),
        ...(canDisappear(group) && { pendingUntil: Date.parse(requestedAt) + STORING_MS }),
      },
    ];
  });
}

/** Returns true if the differences can result from rows that Formance has received and not stored yet. */
function canDisappear(differences: readonly DeliveryDifference[]): boolean {
  return differences.every(({ kind }) => kind === 'missing' || kind === 'different');
}

/**
 * Summarizes the leg.
 * @param feeds the positions at which the run stopped reading the feeds
 * @param breaks the breaks of this leg
 * @param asOf the time of the run, in milliseconds since 1970
 * @param graceMs the time after Formance's last request from which rows that it has not requested make the leg incomplete
 */
export function summarizePaymentsLeg(
  observations: readonly DeliveryObservation[],
  feeds: Readonly<Record<string, number>>,
  breaks: readonly Break[],
  { asOf, graceMs }: { asOf: number; graceMs: number },
): SummarizedLeg {
  const [incomplete, pending, absent]: [string[], string[], string[]] = [[], [], []];
  for (const observation of observations) {
    const { connector } = observation;
    if (observation.kind === 'failed')
      incomplete.push(`the rows of ${connector} were not compared with Payments: ${observation.reason}`);
    else if (observation.kind !== 'compared') absent.push(`${connector}: ${observation.reason}`);
    else {
      if (observation.differenceCount > observation.differences.length)
        incomplete.push(
          `Payments differs from the rows of ${connector} in more than ${observation.differences.length} points, which are not all listed; see tributary formance verify ${connector}`,
        );
      const { requestedAt } = observation;
      if (!isBehind(observation, feeds[connector] ?? 0)) continue;
      if (asOf - Date.parse(requestedAt) > graceMs)
        incomplete.push(`Formance has not requested the newest rows of ${connector} since ${requestedAt}`);
      else pending.push(`${connector}: Formance has not requested the newest rows yet`);
    }
  }
  const counts = countStates(breaks);
  const kinds = new Set(observations.map(({ kind }) => kind));
  const absentVerdict = kinds.has('not-requested') ? 'not-checked' : 'not-configured';
  const otherwise = kinds.has('compared') ? 'reconciled' : absentVerdict;
  const leg: LegSummary = {
    leg: 'payments',
    verdict: toLegVerdict({ incomplete, pending, breaks: counts, otherwise }),
    reasons: [...incomplete, ...pending, ...absent],
    breaks: counts,
    positions: observations.map((observation) => toPosition(observation, feeds[observation.connector] ?? 0)),
  };
  return { leg, problems: incomplete };
}

function isBehind({ position, counts }: ComparedDelivery, feedPosition: number): boolean {
  return position < feedPosition || counts.inTransit > 0 || counts.accountsInTransit > 0;
}

function toPosition(observation: DeliveryObservation, feedPosition: number): LegPosition {
  const source = observation.connector;
  if (observation.kind !== 'compared') return { source, text: `not compared: ${observation.reason}` };
  const { position, requestedAt, counts } = observation;
  const notCompared = counts.inTransit + counts.accountsInTransit;
  return {
    ...{ source, position },
    text: [
      `compared up to row ${position} of ${feedPosition}: ${counts.payments} payments, and ${counts.balances} balances`,
      ...(notCompared > 0
        ? [
            `${counts.inTransit} payments and the balances of ${counts.accountsInTransit} accounts not yet requested`,
          ]
        : []),
      `Formance's last request at ${requestedAt}`,
    ].join('; '),
  };
}
