/** Writes a deployment with a simulated PSP and a directory of bank statements. Its syncs take long enough to be killed in the middle. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const CONNECTOR_NAMES = ['psp', 'bank'] as const;

const STATEMENT_COUNT = 20;
const ENTRIES_PER_STATEMENT = 300;

/**
 * Writes the deployment file.
 * @returns the path of the file
 */
export function writeDeployment(directory: string, name: string, store: string, latency: number): string {
  const statements = join(directory, 'statements');
  // The statements are written only once, because a file that is written again counts as a changed file.
  if (!existsSync(statements)) {
    mkdirSync(statements);
    for (let day = 1; day <= STATEMENT_COUNT; day++)
      writeFileSync(join(statements, `${day}.sta`), createStatement(day));
  }
  const file = join(directory, `${name}.yaml`);
  writeFileSync(
    file,
    `
listen: { host: 127.0.0.1, port: 0 }
store: ${store}
connectors:
  - name: psp
    plugin: sandbox
    apiKeys: [key-of-the-simulated-psp]
    sync: { every: 1s }
    settings:
      transactions: 20000
      beneficiaries: 200
      accounts: 100
      activityPerMinute: 0
      pageSize: 50
      statusChanges: 0
      lateRows: 0.1
      sameTimestamps: 0.3
      poisonRows: 0.01
      latency: ${latency}
  - name: bank
    plugin: bank-statements
    apiKeys: [key-of-the-house-bank-here]
    sync: { every: 1s }
    settings: { directory: '${statements}' }
`,
  );
  return file;
}

/** Creates an MT940 statement in which many entries differ only by their position. */
function createStatement(day: number): string {
  const date = `2601${String(day).padStart(2, '0')}`;
  const opening = 1000 + (day - 1) * ENTRIES_PER_STATEMENT;
  const entries = Array.from(
    { length: ENTRIES_PER_STATEMENT },
    (_, index) => `:61:${date}C1,00NTRFNONREF\r\n:86:Payment of customer ${index % 97}\r\n`,
  );
  return (
    `:20:KILL${day}\r\n:25:DE12500105170648489890\r\n:28C:${day}/1\r\n:60F:C${date}EUR${opening},00\r\n` +
    `${entries.join('')}:62F:C${date}EUR${opening + ENTRIES_PER_STATEMENT},00\r\n-\r\n`
  );
}
