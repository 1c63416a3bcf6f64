// Copies a feed of Tributary into a file of JSON lines, and continues where the last run ended.
//   node examples/feed-client/read-feed.mjs http://127.0.0.1:3000/house-bank/feed/transactions demo-key-of-house-bank rows.jsonl
// With --follow it waits for new rows and never ends.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';

const [url, apiKey, file, mode] = process.argv.slice(2);
const positionFile = `${file}.position`;

/**
 * The position after the last written row. It is written to its file after the rows. If the program ends in between, the next run writes
 * some rows again.
 */
let position = existsSync(positionFile) ? JSON.parse(readFileSync(positionFile, 'utf8')) : { after: 0 };

for (;;) {
  const query = new URLSearchParams({ ...position, limit: '1000', wait: mode === '--follow' ? '30s' : '0s' });
  const response = await fetch(`${url}?${query}`, { headers: { authorization: `Bearer ${apiKey}` } });
  if (response.status === 409) {
    // The gateway's database was restored from a backup, so sequence numbers may belong to other rows now. The copy begins again.
    position = { after: 0 };
    writeFileSync(file, '');
    continue;
  }
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  const { epoch, next, rows } = await response.json();
  appendFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  position = { after: next, epoch };
  writeFileSync(positionFile, JSON.stringify(position));
  if (rows.length === 0 && mode !== '--follow') break;
}
