import { hashApiKey } from '@tributary/auth';
import { openStore } from '@tributary/feed';
import { plugins } from '@tributary/psp-plugins';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createDeploymentSchema } from '../config/index.js';
import { runCli } from './run-cli.js';

const ROOT = join(import.meta.dirname, '../../../..');
const KEY = 'demo-key-of-this-test';
const directory = mkdtempSync(join(tmpdir(), 'tributary-cli-'));
const config = join(directory, 'gateway.yaml');
afterAll(() => rmSync(directory, { recursive: true }));

writeFileSync(
  config,
  `listen: { port: 0 }
store: sqlite:${directory}/store/t.db
connectors:
  - name: sand
    plugin: sandbox
    apiKeys: ["\${SAND_KEY:-${KEY}}"]
    settings: { transactions: 40, activityPerMinute: 0, poisonRows: 0.2, lateRows: 0 }
tenants:
  acme:
    connectors:
      - { name: sand, plugin: sandbox, apiKeys: [another-key-of-acme], sync: { every: 5s }, settings: { transactions: 3, activityPerMinute: 0 } }
`,
);

/** Runs the command line in this process, and returns its output and exit code. */
async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
  });
  return { code, out: out.join('\n'), err: err.join('\n') };
}

/** Starts the built program as a child process. */
function start(...args: string[]) {
  if (!existsSync(join(ROOT, 'dist/program/main.js'))) throw new Error('run "npm run build" first');
  const child = spawn(process.execPath, [join(ROOT, 'bin/tributary.js'), ...args], { cwd: directory });
  const printed = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.err += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, printed, ended };
}

async function until<T>(find: () => T | undefined | null): Promise<T> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(20)) {
    const found = find();
    if (found) return found;
  }
  throw new Error('it did not happen within 20 s');
}

describe('check', () => {
  it('says what would be served, and warns of demo keys without showing them', async () => {
    const { code, out, err } = await run('check', '--config', config);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        `${config} is good: 2 connectors on 127.0.0.1:0, sqlite:${directory}/store/t.db`,
        'PATH        PLUGIN   SYNC      KEYS',
        '/sand       sandbox  every 2m  1 key',
        '/acme/sand  sandbox  every 5s  1 key',
      ].join('\n'),
    );
    expect(err).toMatch(/^DEMO KEYS: /);
    expect(out + err).not.toContain(KEY);
  });

  it('says everything that is wrong, and exits with 1', async () => {
    const file = join(directory, 'bad.yaml');
    writeFileSync(file, 'listen: { port: abc }\nstor: x\n');
    expect(await run('check', '-c', file)).toEqual({
      code: 1,
      out: '',
      err: [
        `${file}:1:17: listen.port: found "abc"; expected a whole number from 0 to 65535`,
        `${file}:2:1: stor: there is no such setting. Did you mean "store"?`,
        `2 problems in ${file}; nothing was started.`,
      ].join('\n'),
    });
  });

  it('says which limits of orders limit nothing, and so does serve', async () => {
    const file = join(directory, 'idle.yaml');
    const journal = join(directory, 'idle.jsonl');
    const reads = `  - { name: reads, plugin: sandbox, apiKeys: [${KEY}2], orders: { unknownAfter: 1m } }`;
    writeFileSync(
      file,
      `connectors:
  - { name: bank, plugin: bank-statements, apiKeys: [${KEY}], settings: { directory: ${directory} },
      orders: { largest: { EUR/2: "1" } } }
  - { name: pays, plugin: sandbox, apiKeys: [${KEY}1], orders: { unknownAfter: 1m }, settings: { journal: ${journal} } }
${reads}
`,
    );
    const said = {
      code: 1,
      out: '',
      err: [
        `${file}:3:7: connectors[0].orders: found limits of orders, but the plugin bank-statements makes neither payouts nor transfers; take them out`,
        `${file}:5:${reads.indexOf('orders') + 1}: connectors[2].orders: found limits of orders, but the plugin sandbox makes neither payouts nor transfers with these settings; take them out, or set what makes it pay`,
        `2 problems in ${file}; nothing was started.`,
      ].join('\n'),
    };
    expect(await run('check', '-c', file)).toEqual(said);
    expect(await run('serve', '-c', file)).toEqual(said);
  });

  it('says which directories of bank statements do not exist, with line and key', async () => {
    const file = join(directory, 'no-directory.yaml');
    const settings = [
      `{ directory: ${directory}/none }`,
      `{ directory: ${file} }`,
      `{ directory: ${directory} }`,
    ];
    const entry = (index: number) =>
      `  - { name: bank-${index}, plugin: bank-statements, apiKeys: [${KEY}${index}], settings: ${settings[index]} }`;
    writeFileSync(file, `connectors:\n${[0, 1, 2].map(entry).join('\n')}\n`);
    const { code, err } = await run('check', '-c', file);
    const column = entry(0).indexOf('directory: ') + 'directory: '.length + 1;
    expect(code).toBe(1);
    expect(err.split('\n')).toEqual([
      `${file}:2:${column}: connectors[0].settings.directory: found "${directory}/none"; there is no such directory: create the directory ${directory}/none, or correct the path`,
      `${file}:3:${column}: connectors[1].settings.directory: found "${file}"; this is not a directory: create the directory ${file}, or correct the path`,
      `2 problems in ${file}; nothing was started.`,
    ]);
  });

  it('names a file that is not there', async () => {
    const { code, err } = await run('check', '-c', 'nowhere.yaml');
    expect(code).toBe(1);
    expect(err).toContain(
      `nowhere.yaml: cannot be read: there is none (${join(process.cwd(), 'nowhere.yaml')})`,
    );
  });
});

it('keys new prints a key and the hash that lets it in', async () => {
  const { out } = await run('keys', 'new');
  const [key, hash] = [/^ {2}(trb_\w+)$/m.exec(out)?.[1] ?? '', /"sha256:(\w+)"/.exec(out)?.[1]];
  expect(hash).toBe(hashApiKey(key).toString('hex'));
  expect((await run('keys', 'new')).out).not.toContain(key);
});

it('schema prints the JSON Schema', async () => {
  const { out } = await run('schema');
  expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(createDeploymentSchema(plugins))));
});

describe('a wrong command line', () => {
  it.each([
    [['serve'], "required option '-c, --config <file>' not specified"],
    [['sync', '-c', config], "required option '--once' not specified"],
    [['chek', '-c', config], 'Did you mean check?'],
    [['check', '-c', config, '--confg'], 'Did you mean --config?'],
    [['quarantine', '-c', config, '--limit', 'many'], 'Expected a whole number from 1.'],
    [['schema', 'sandbox'], 'expected a name in a scope, or "tributary-psp-…"'],
    [['quarantine', 'sant', '-c', config], 'There is no connector "sant". Did you mean "sand"?'],
    [['serve', '-c', config, '--port', '65536'], 'Expected a whole number from 0 to 65535'],
    [['serve', '-c', config, '--port', '1e3'], 'Expected a whole number from 0 to 65535'],
    [['serve', '-c', config, '--host', 'a b'], 'Expected a host name or an IP address.'],
    [['serve', '-c', config, '--log-level', 'loud'], 'Allowed choices are debug, info, warn, error, silent.'],
  ])('%j exits with 2', async (args, said) => {
    const { code, out, err } = await run(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(said);
    expect(err).not.toContain('    at ');
  });

  it.each(['serve', 'check', 'keys new', 'sync', 'quarantine', 'schema'])(
    '%s --help has an example',
    async (name) => {
      const { code, out } = await run(...name.split(' '), '--help');
      expect(code).toBe(0);
      expect(out).toContain(`  tributary ${name}`);
    },
  );
});

describe('the built program', () => {
  it('syncs once, with a line per stream, and lists what it refused', async () => {
    const { printed, ended } = start('sync', '--once', '--config', config);
    expect([await ended, printed.err]).toEqual([0, '']);
    expect(printed.out).toMatch(/^\/sand transactions: \d+ records in \d+ pages?, \d+ new, .*; caught up$/m);
    expect(printed.out).toMatch(
      /^\/acme\/sand accounts: 3 records in 1 page, 3 new, 0 changed, 0 rejected; caught up$/m,
    );
    expect(printed.out).toContain('6 streams caught up.');

    const refused = JSON.parse((await run('quarantine', '/sand', '--json', '-c', config)).out) as object[];
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]).toMatchObject({
      connector: 'sand',
      kind: 'refusal',
      reason: expect.stringMatching(/./),
    });
    const { out } = await run('quarantine', '-c', config);
    expect(out.split('\n')).toHaveLength(refused.length + 1);
    expect((await run('quarantine', 'acme/sand', '-c', config)).out).toBe('The quarantine is empty.');

    // The rejected rows of the sandbox moved money, so its balances do not agree with the rows in the feed.
    const gaps = JSON.parse(
      (await run('quarantine', '/sand', '--gaps', '--json', '-c', config)).out,
    ) as object[];
    expect(gaps[0]).toMatchObject({
      connector: 'sand',
      state: 'suspected',
      difference: expect.stringMatching(/^-?[1-9]/),
    });
    const table = (await run('quarantine', '--gaps', '-c', config)).out.split('\n');
    expect([table[0], table.length]).toEqual([
      expect.stringMatching(/^CONNECTOR +STATE +ACCOUNT +DIFFERENCE/),
      gaps.length + 1,
    ]);
    expect((await run('quarantine', 'acme/sand', '--gaps', '-c', config)).out).toBe(
      'The rows explain every balance that was compared.',
    );
  });

  it('syncs the one connector that was named', async () => {
    const { printed, ended } = start('sync', '--once', 'acme/sand', '--config', config);
    expect(await ended).toBe(0);
    expect(printed.out).toContain('3 streams caught up.');
    expect(printed.out).not.toContain('/sand transactions: 4');
  });

  it('exits with 3 when a stream does not catch up, and says why', async () => {
    const down = join(directory, 'down.yaml');
    writeFileSync(
      down,
      `store: sqlite:${directory}/down.db\nconnectors: [{ name: down, plugin: bank-statements, apiKeys: [${KEY}], settings: { directory: ${directory}/no-such } }]`,
    );
    const { printed, ended } = start('sync', '--once', '--config', down);
    expect(await ended).toBe(3);
    expect(printed.out).toMatch(/^\/down accounts: .*FAILED: .*no-such/m);
    expect(printed.err).toContain('did not catch up');
  });

  it('serves, says where, and stops gracefully at SIGTERM', async () => {
    const { child, printed, ended } = start('serve', '--config', config);
    const [, url = ''] = await until(() =>
      /^(http\S+)\/sand +sandbox +docs: http\S+\/sand\/docs$/m.exec(printed.err),
    );
    expect(printed.err).toContain(`${url}/acme/sand`);
    expect(printed.err).toMatch(/^DEMO KEYS: /m);
    const answer = await fetch(`${url}/sand/accounts`, { headers: { authorization: `Bearer ${KEY}` } });
    expect(answer.status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    // Standard output is the log with one JSON object per line. It must contain no key.
    for (const line of printed.out.trimEnd().split('\n')) expect(JSON.parse(line)).toHaveProperty('msg');
    expect(printed.out + printed.err).not.toContain(KEY);
  });

  it('takes a signal that comes twice at once for one, and ends at once with a later one', async () => {
    const { child, printed, ended } = start('serve', '--config', config, '--log-level', 'info');
    const [, port] = await until(() => /^http:\/\/127\.0\.0\.1:(\d+)\/sand /m.exec(printed.err));
    // The request never ends, so the program waits for it when it stops gracefully.
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(
      `POST /sand/payouts HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{`,
    );
    // The key has no scope for payments, so the response comes before the body was read. The connection stays open until the body has
    // ended.
    await once(socket, 'data');
    child.kill('SIGINT');
    await sleep(50);
    child.kill('SIGINT');
    // The time is measured from the moment at which the program has received the first signal, because a busy machine delays the signal.
    await until(() => /"msg":"stopping"/.exec(printed.out));
    await sleep(600);
    expect(isRunning(child)).toBe(true);
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    socket.destroy();
  });

  it('listens on --host and --port instead of those in the file', async () => {
    const file = join(directory, 'elsewhere.yaml');
    writeFileSync(
      file,
      `listen: { host: 192.0.2.1, port: 1 }\nstore: sqlite:${directory}/elsewhere.db\nconnectors: [{ name: a, plugin: sandbox, apiKeys: [${KEY}] }]`,
    );
    const { child, printed, ended } = start('serve', '-c', file, '--host', '127.0.0.1', '--port', '0');
    const [, url] = await until(() => /^(http:\/\/127\.0\.0\.1:\d+)\/a /m.exec(printed.err));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  });

  it('says in one sentence that the port is taken', async () => {
    const first = start('serve', '--config', config, '--log-level', 'silent');
    const [, port] = await until(() => /^http:\/\/127\.0\.0\.1:(\d+)\/sand /m.exec(first.printed.err));
    const taken = join(directory, 'taken.yaml');
    writeFileSync(
      taken,
      `listen: { port: ${port} }\nstore: sqlite:${directory}/taken.db\nconnectors: [{ name: a, plugin: sandbox, apiKeys: [${KEY}] }]`,
    );
    const second = start('serve', '--config', taken, '--log-level', 'silent');
    expect(await second.ended).toBe(1);
    expect(second.printed.err).toMatch(
      /^tributary: cannot listen on 127\.0\.0\.1:\d+: another program listens there.*\n$/,
    );
    first.child.kill('SIGTERM');
    expect(await first.ended).toBe(0);
  });
});

it('keeps what a PSP wrote from steering the terminal', async () => {
  const file = join(directory, 'control.yaml');
  writeFileSync(
    file,
    `store: sqlite:${directory}/control.db\nconnectors: [{ name: a, plugin: sandbox, apiKeys: [${KEY}] }]`,
  );
  const store = await openStore(`sqlite:${directory}/control.db`);
  const feed = await store.feed('a', 'accounts');
  const lease = await feed.acquireLease({ host: 'h', pid: process.pid, id: 'x' }, 1000);
  await lease?.append({
    records: [],
    rejected: [{ id: 'evil\u001b[2J', reason: 'line\nbreak' }],
    warnings: [],
    resolvedIds: [],
    balances: [],
    cursor: '1',
  });
  await lease?.release();
  await store.close();
  const { out } = await run('quarantine', '-c', file);
  expect(out).not.toContain('\u001b');
  expect(out).toContain('line break');
  expect(out.split('\n')).toHaveLength(2);
});

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}
