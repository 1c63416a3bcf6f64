/**
 * Writes the breaks of a report as CSV (RFC 4180), with one line for each item of a break. A break without items has one line, with the leg
 * in the column `side`. Spreadsheet programs can open the file.
 */
import { formatAmount } from '@tributary/connector-api';
import type { StoredBreak } from '@tributary/feed';
import type { Break } from '../breaks/break.types.js';

const COLUMNS = [
  ...['break', 'class', 'state', 'since', 'pending_until', 'reason', 'side', 'source', 'record', 'account'],
  ...['asset', 'minor_units', 'amount', 'time', 'assignee', 'accepted_by', 'note'],
];

export async function* writeCsvReport(breaks: AsyncIterable<StoredBreak>): AsyncGenerator<string> {
  yield toLine(COLUMNS);
  for await (const { body } of breaks) {
    const found = JSON.parse(body) as Break;
    for (const item of found.items)
      yield writeBreakLine(found, [item.side, item.source, item.recordId], item, item.at);
    const { leg, object } = found;
    if (leg && object)
      yield writeBreakLine(
        ...([found, [leg, object.source, `${object.kind} ${object.id}`], found.differences[0], ''] as const),
      );
  }
}

function writeBreakLine(
  found: Break,
  location: readonly string[],
  amount: { account: string; asset: string; amount: string } | undefined,
  at: string,
): string {
  return toLine([
    ...[found.id, found.class, found.state, found.since, found.pendingUntil ?? '', found.reason],
    ...location,
    ...[amount?.account ?? '', amount?.asset ?? '', amount?.amount ?? ''],
    amount ? formatAmount({ amount: BigInt(amount.amount), asset: amount.asset }) : '',
    ...[at, found.assignee ?? '', found.acceptance?.by ?? '', found.acceptance?.note ?? ''],
  ]);
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

/**
 * Quotes a cell where RFC 4180 requires quotes. If a spreadsheet program would read the cell as a formula, an apostrophe is put before the
 * text, so that the formula is not executed.
 */
function toCell(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
