/** The breaks of a report as CSV (RFC 4180): one line for each item of a break. Spreadsheets open it. */
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
    for (const { side, source, recordId, account, asset, amount, at } of found.items)
      yield toLine([
        ...[found.id, found.class, found.state, found.since, found.pendingUntil ?? '', found.reason],
        ...[
          side,
          source,
          recordId,
          account,
          asset,
          amount,
          formatAmount({ amount: BigInt(amount), asset }),
          at,
        ],
        ...[found.assignee ?? '', found.acceptance?.by ?? '', found.acceptance?.note ?? ''],
      ]);
  }
}

function toLine(cells: readonly string[]): string {
  return `${cells.map(toCell).join(',')}\r\n`;
}

/** Quotes a cell where RFC 4180 requires it. If a spreadsheet would treat the cell as a formula, an apostrophe is added. */
function toCell(text: string): string {
  const safe = /^[=+@\t\r]|^-(?!\d+(?:\.\d+)?$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
