/** Writes the report as one HTML page without external files. The page is made for readers in finance and can be printed on A4 paper. */
import { formatAmount } from '@tributary/connector-api';
import type { StoredBreak } from '@tributary/feed';
import { BREAK_CLASSES, type Break, type ItemOfBreak } from '../breaks/break.types.js';
import { LEG_TITLES } from '../legs/leg.types.js';
import type { BalanceLine } from '../runs/run.types.js';
import { drawClassChart } from './class-chart.js';
import { escapeHtml } from './escape-html.js';
import type { ReportHead } from './report.types.js';

/** The maximum number of breaks on the page. The page omits further breaks; the JSON and CSV files contain all of them. */
const MAX_SHOWN_BREAKS = 2000;

export async function* writeHtmlReport(
  head: ReportHead,
  breaks: AsyncIterable<StoredBreak>,
): AsyncGenerator<string> {
  const { summary } = head;
  const title = `Reconciliation ${summary.policy}: ${summary.verdict}`;
  yield `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>\n`;
  yield `<h1>${escapeHtml(title)}</h1>\n${writeFacts(head)}${writeProblems(summary)}${writeLegs(summary)}${writeBalances(summary.balances)}`;
  yield `<h2>Breaks by class</h2>\n${drawClassChart(summary.classes)}\n`;
  yield writeMatches(head);
  yield `<h2>Breaks</h2>\n`;
  let count = 0;
  for await (const { body } of breaks) {
    if (++count > MAX_SHOWN_BREAKS) break;
    yield writeBreak(JSON.parse(body) as Break);
  }
  if (summary.breaks.count === 0) yield '<p>There are no breaks.</p>\n';
  if (summary.breaks.count > MAX_SHOWN_BREAKS)
    yield `<p>This page shows ${MAX_SHOWN_BREAKS} of ${summary.breaks.count} breaks. The files breaks.csv and report.json have all of them.</p>\n`;
  yield '</body></html>\n';
}

function writeFacts({ id, sha256, inputs: { cuts, asOf }, summary }: ReportHead): string {
  const feeds = Object.entries(cuts.feeds).map(([connector, seq]) => `${connector} up to row ${seq}`);
  return writeTable(
    [],
    [
      ['Run', id],
      ['As of', asOf],
      [
        'Cuts',
        `${feeds.join(', ')}; ledger up to transaction ${cuts.ledger}; audit trail up to event ${cuts.events}`,
      ],
      ['Equation', summary.equation],
      [
        'Breaks',
        `${summary.breaks.count}, new ${summary.breaks.new}, resolved since the run before ${summary.resolved.count}`,
      ],
      ['SHA-256', sha256],
    ],
  );
}

function writeProblems({ problems, notMade }: ReportHead['summary']): string {
  const list = (heading: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `<h2>${heading}</h2>\n<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>\n`;
  return list('Why the data is incomplete', problems) + list('Checks that were not made', notMade);
}

function writeLegs({ legs = [] }: ReportHead['summary']): string {
  if (legs.length === 0) return '';
  const rows = legs.map(({ leg, verdict, reasons, breaks }) => [
    ...[LEG_TITLES[leg], verdict],
    ...(['open', 'pending', 'accepted'] as const).map((state) => String(breaks[state] ?? 0)),
    reasons.join('; '),
  ]);
  const positions = legs.flatMap(({ leg, positions: all }) =>
    all.map(({ source, text }) => [LEG_TITLES[leg], source, text]),
  );
  return `<h2>The three legs</h2>\n${writeTable(['Leg', 'Verdict', 'Open', 'Pending', 'Accepted', 'Reasons'], rows, [2, 3, 4])}${writeTable(['Leg', 'Source', 'Compared'], positions)}`;
}

function writeBalances(balances: readonly BalanceLine[]): string {
  const rows = balances.map(
    ({ account, address, asset, psp, ledger, difference, tolerated, explained, residual }) => [
      ...[account, address, asset],
      ...[psp, ledger, difference, tolerated].map((amount) => format(amount, asset)),
      BREAK_CLASSES.flatMap((name) =>
        explained[name] === undefined ? [] : [`${name} ${format(explained[name], asset)}`],
      ).join(', '),
      format(residual, asset),
    ],
  );
  const columns = [
    'Account',
    'Ledger account',
    'Asset',
    'PSP',
    'Ledger',
    'Difference',
    'Tolerated',
    'Breaks',
    'Residual',
  ];
  return `<h2>Both sides at the cuts</h2>\n${writeTable(columns, rows, [3, 4, 5, 6, 8])}`;
}

function writeMatches({ summary }: ReportHead): string {
  const rows = summary.matches.map(({ rule, kind, matches, rows: count, bookings }) => [
    rule < 0 ? 'linked by hand' : `rule ${rule + 1}`,
    ...[kind, String(matches), String(count), String(bookings)],
  ]);
  const tolerated = summary.tolerated.map(
    ({ address, asset, amount }) =>
      `<p>To be booked to ${escapeHtml(address)}: ${format(amount, asset)} ${asset}.</p>\n`,
  );
  const columns = ['Rule', 'Kind', 'Matches', 'Rows', 'Bookings'];
  return `<h2>Matches</h2>\n${writeTable(columns, rows, [2, 3, 4])}${tolerated.join('')}`;
}

function writeBreak(found: Break): string {
  const lines = [
    `${found.state}${found.isNew ? ', new' : ''}, since ${found.since}`,
    ...(found.pendingUntil === undefined ? [] : [`pending until ${found.pendingUntil}`]),
    ...(found.assignee === undefined ? [] : [`assigned to ${found.assignee}`]),
    ...(found.acceptance ? [`accepted by ${found.acceptance.by}: ${found.acceptance.note}`] : []),
  ];
  const differences = found.differences.map(
    ({ account, asset, amount }) => `${account} ${format(amount, asset)} ${asset}`,
  );
  const { object } = found;
  const about = object ? `<p>${escapeHtml(`${object.source}: ${object.kind} ${object.id}`)}</p>` : '';
  const items = found.items.map(toItemCells);
  if (found.suggestion) items.push(['suggestion', ...toItemCells(found.suggestion).slice(1)]);
  const more = found.itemCount > found.items.length ? `<p>${found.itemCount} items in all.</p>` : '';
  return `<section><h3>${escapeHtml(found.class)} <small>${escapeHtml(found.id)}</small></h3><p>${escapeHtml(found.reason)}.${differences.length > 0 ? ` Difference: ${escapeHtml(differences.join(', '))}.` : ''}</p>${about}<p>${escapeHtml(lines.join('; '))}</p>${object ? '' : writeTable(['Side', 'Source', 'Record', 'Account', 'Amount', 'Asset', 'State', 'Time'], items, [4])}${more}</section>\n`;
}

function toItemCells({ side, source, recordId, account, asset, amount, state, at }: ItemOfBreak): string[] {
  return [side, source, recordId, account, format(amount, asset), asset, state, at];
}

/**
 * Writes a table.
 * @param numeric indexes of the columns that contain amounts or numbers
 */
function writeTable(
  columns: readonly string[],
  rows: readonly string[][],
  numeric: readonly number[] = [],
): string {
  const cells = (row: readonly string[], tag: string): string =>
    row
      .map(
        (cell, index) => `<${tag}${numeric.includes(index) ? ' class="n"' : ''}>${escapeHtml(cell)}</${tag}>`,
      )
      .join('');
  const head = columns.length > 0 ? `<thead><tr>${cells(columns, 'th')}</tr></thead>` : '';
  return `<table>${head}<tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody></table>\n`;
}

function format(amount: string, asset: string): string {
  return formatAmount({ amount: BigInt(amount), asset });
}

const STYLE = `@page{size:A4 landscape;margin:12mm}body{font:10pt system-ui,sans-serif;color:#111;margin:1em}h1{font-size:16pt}h2{font-size:12pt;margin-top:1.5em}h3{font-size:10pt;margin:.8em 0 .2em}small{color:#555;font-weight:normal}p{margin:.2em 0}table{border-collapse:collapse;margin:.3em 0}th,td{border:1px solid #bbb;padding:2px 6px;text-align:left;vertical-align:top;overflow-wrap:anywhere}th{background:#eee}.n{text-align:right;font-variant-numeric:tabular-nums}section{break-inside:avoid}thead{display:table-header-group}`;
