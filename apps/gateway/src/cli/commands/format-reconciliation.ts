/** Formats runs, breaks and explanations as text for a terminal. */
import { formatAmount } from '@tributary/connector-api';
import type { StoredRun } from '@tributary/feed';
import {
  LEG_TITLES,
  type Break,
  type ItemOfBreak,
  type Decision,
  type ItemExplanation,
  type Policy,
  type PolicyPreview,
  type RunInputs,
  type RunResult,
  type RunSummary,
} from '@tributary/reconciliation';
import { formatTable, pluralize, replaceControlCharacters } from '../shared/terminal.js';

export function formatRun({ id, inputs, summary, sha256 }: RunResult): string {
  const { cuts, asOf } = inputs;
  const feeds = Object.entries(cuts.feeds).map(([connector, seq]) => `/${connector} up to row ${seq}`);
  return [
    `${summary.policy}: ${summary.verdict} (${id})`,
    `As of ${asOf}; ${feeds.join(', ')}; ledger up to transaction ${cuts.ledger}; audit trail up to event ${cuts.events}.`,
    ...formatSummary(summary),
    `${pluralize(summary.breaks.count, 'break')}, ${summary.breaks.new} new, ${summary.resolved.count} resolved. SHA-256 ${sha256}`,
  ].join('\n');
}

export function formatPreview({ summary, examples }: PolicyPreview, policy: Policy): string {
  const rules = policy.rules.map((rule, index) => {
    const counts = summary.matches.filter((count) => count.rule === index);
    const text = counts.map(
      ({ kind, matches, rows, bookings }) => `${matches} ${kind} (${rows} rows, ${bookings} bookings)`,
    );
    const nothing = rule.kind === 'window' ? 'suggests only' : 'nothing';
    return [`${index + 1}`, rule.kind, text.join(', ') || nothing];
  });
  return [
    `${policy.name}: a run would be ${summary.verdict}. Nothing was stored as a run.`,
    formatTable([['RULE', 'KIND', 'WOULD MATCH'], ...rules]),
    ...formatSummary(summary),
    ...(examples.length > 0 ? ['Examples:', formatBreaks(examples)] : []),
  ].join('\n');
}

function formatSummary(summary: Omit<RunSummary, 'breaks' | 'resolved'>): string[] {
  const balances = summary.balances.map(
    ({ account, asset, psp, ledger, difference, tolerated, residual }) => [
      account,
      ...[psp, ledger, difference, tolerated, residual].map((amount) => format(amount, asset)),
      asset,
    ],
  );
  const classes = Object.entries(summary.classes).map(([name, { open = 0, pending = 0, accepted = 0 }]) => [
    name,
    ...[open, pending, accepted].map(String),
  ]);
  return [
    `Checked: ${summary.equation}.`,
    ...summary.problems.map((problem) => replaceControlCharacters(`Incomplete: ${problem}`)),
    ...summary.notMade.map((check) => replaceControlCharacters(`Not checked: ${check}`)),
    ...formatLegs(summary.legs ?? []),
    formatTable([['ACCOUNT', 'PSP', 'LEDGER', 'DIFFERENCE', 'TOLERATED', 'RESIDUAL', 'ASSET'], ...balances]),
    ...(classes.length > 0 ? [formatTable([['CLASS', 'OPEN', 'PENDING', 'ACCEPTED'], ...classes])] : []),
    ...summary.tolerated.map(
      ({ address, asset, amount }) => `To be booked to ${address}: ${format(amount, asset)} ${asset}.`,
    ),
    ...summary.lapsedLinks.map(
      (link) => `Link ${link} no longer holds, because the sums of its items differ now.`,
    ),
  ];
}

/** The maximum number of positions and reasons of a leg in the text. `--json` and the report contain all of them. */
const MAX_SHOWN_LINES = 10;

function formatLegs(legs: NonNullable<RunSummary['legs']>): string[] {
  if (legs.length === 0) return [];
  const rows = legs.map(({ leg, verdict, breaks: { open = 0, pending = 0, accepted = 0 } }) => [
    ...[LEG_TITLES[leg], verdict],
    ...[open, pending, accepted].map(String),
  ]);
  const details = legs.flatMap(({ leg, verdict, reasons, positions }) => {
    // The reasons of an incomplete leg are among the problems of the run.
    const shown = verdict === 'incomplete' ? [] : reasons;
    const lines = [
      ...shown,
      ...positions
        .filter(({ position }) => position !== undefined)
        .map(({ source, text }) => `${source}: ${text}`),
    ];
    const more = lines.length - MAX_SHOWN_LINES;
    return [...lines.slice(0, MAX_SHOWN_LINES), ...(more > 0 ? [`${more} more lines; see --json`] : [])].map(
      (line) => replaceControlCharacters(`${LEG_TITLES[leg]}: ${line}`),
    );
  });
  return [formatTable([['LEG', 'VERDICT', 'OPEN', 'PENDING', 'ACCEPTED'], ...rows]), ...details];
}

export function formatBreaks(breaks: readonly Break[]): string {
  const rows = breaks.map(
    ({ id, class: name, state, isNew, since, differences, items, assignee, object }) => [
      ...[id, name, isNew ? `${state}, new` : state, since.slice(0, 10)],
      differences
        .map(({ account, asset, amount }) => `${account} ${format(amount, asset)} ${asset}`)
        .join(', '),
      object
        ? `${object.source} ${object.kind} ${object.id}`
        : items
            .map(({ side, recordId }) => `${side}:${recordId}`)
            .slice(0, 4)
            .join(' '),
      assignee ?? '-',
    ],
  );
  return formatTable([
    ['BREAK', 'CLASS', 'STATE', 'SINCE', 'DIFFERENCE', 'ITEMS', 'ASSIGNED TO'],
    ...rows.map((row) => row.map(replaceControlCharacters)),
  ]);
}

export function formatRuns(runs: readonly StoredRun[]): string {
  const rows = runs.map(({ id, name, inputs, verdict, summary }) => {
    const { breaks, resolved } = JSON.parse(summary) as RunSummary;
    const { asOf } = JSON.parse(inputs) as RunInputs;
    return [id, name, asOf, verdict, String(breaks.count), String(breaks.new), String(resolved.count)];
  });
  return formatTable([['RUN', 'POLICY', 'AS OF', 'VERDICT', 'BREAKS', 'NEW', 'RESOLVED'], ...rows]);
}

export function formatBreak(
  found: Break,
  events: readonly (Decision & { seq: number; at: string })[],
): string {
  return [
    formatBreaks([found]),
    replaceControlCharacters(`${found.reason}.`),
    ...(found.pendingUntil === undefined ? [] : [`It becomes an open break at ${found.pendingUntil}.`]),
    ...(found.items.length > 0 ? [formatItems(found.items)] : []),
    ...(found.suggestion ? ['Suggestion:', formatItems([found.suggestion])] : []),
    ...events.map(({ seq, at, kind, by, note }) =>
      replaceControlCharacters(`${seq} ${at} ${kind} by ${by}: ${note}`),
    ),
  ].join('\n');
}

export function formatExplanations(explanations: readonly ItemExplanation[]): string {
  return explanations
    .map(({ item, outcome, rule, kind, matchedWith, candidates }) =>
      [
        `${outcome}${rule === undefined ? '' : ` by rule ${rule + 1}, ${kind}`}`,
        formatItems([item, ...matchedWith]),
        ...candidates.map((candidate) =>
          replaceControlCharacters(
            `candidate by rule ${candidate.rule + 1}, key ${candidate.key}: ${candidate.item.side} ${candidate.item.recordId}: ${candidate.why}`,
          ),
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

function formatItems(items: readonly ItemOfBreak[]): string {
  const rows = items.map(({ side, source, recordId, account, amount, asset, state, at }) =>
    [side, source, recordId, account, format(amount, asset), asset, state, at].map(replaceControlCharacters),
  );
  return formatTable([['SIDE', 'SOURCE', 'RECORD', 'ACCOUNT', 'AMOUNT', 'ASSET', 'STATE', 'TIME'], ...rows]);
}

function format(amount: string, asset: string): string {
  return formatAmount({ amount: BigInt(amount), asset });
}
