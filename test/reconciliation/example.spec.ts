/** Runs `examples/reconciliation`, and compares its output with its README, and its stand-in with the official document of the Ledger. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LEDGER_BREAK_CLASSES } from '@tributary/reconciliation';

/** The example starts the program five times, which takes long on a busy machine. */
const TEST_TIMEOUT_MS = 600_000;

interface LedgerStandIn {
  url: string;
  stop(): void;
}

const STAND_IN = '../../examples/reconciliation/ledger-stand-in.mjs';
const { startLedgerStandIn } = (await import(STAND_IN)) as {
  startLedgerStandIn: (bookingsFile: string) => Promise<LedgerStandIn>;
};
const document = await PspDocumentValidator.loadOfficial('formance/ledger-v2.4.yaml');

it(
  'npm start prints what the README shows, with a break of each class',
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-example-'));
    try {
      const child = spawn(process.execPath, ['examples/reconciliation/start.mjs', join(directory, 'data')]);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text: Buffer) => (output += String(text)));
      const [code] = (await once(child, 'close')) as [number];
      expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
      const blocks = readFileSync('examples/reconciliation/README.md', 'utf8').matchAll(
        /```text\n(.*?)```/gs,
      );
      const shown = [...blocks].map(([, block = '']) => block);
      expect(shown).toHaveLength(2);
      for (const block of shown) expect(listLines(output)).toEqual(expect.arrayContaining(listLines(block)));
      for (const name of LEDGER_BREAK_CLASSES) expect(shown[1]).toContain(` ${name} `);
      expect(readFileSync(join(directory, 'data/report/report.html'), 'utf8')).toContain('missing-in-ledger');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  TEST_TIMEOUT_MS,
);

/** Returns the lines of a text without the ids of breaks. Some ids depend on the URL of the ledger, and so on its free port. */
function listLines(text: string): string[] {
  return text.split('\n').map((line) => line.replace(/^brk_[0-9a-f]+/, ''));
}

(document ? it : it.skip)('the stand-in answers as the document of the Ledger says', async () => {
  const ledger = await startLedgerStandIn('examples/reconciliation/bookings.json');
  try {
    for (const path of ['/v2/main/transactions', '/v2/main/aggregate/balances']) {
      const query = path.endsWith('transactions') ? '{}' : '{"$match":{"address":"bank:main"}}';
      const response = await fetch(`${ledger.url}${path}?pageSize=3&query=${encodeURIComponent(query)}`);
      const headers = { 'content-type': response.headers.get('content-type') ?? undefined };
      const answer = { status: response.status, headers, body: await response.json() };
      expect(document?.checkResponse({ method: 'GET', path }, answer)).toEqual([]);
    }
  } finally {
    ledger.stop();
  }
});
