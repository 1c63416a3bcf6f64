/**
 * Tests that a gateway with another deployment file does not start on a store that is already used, and that an operator can confirm the
 * change.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import { STORES, type FreshStore } from '../../libs/feed/src/testing/stores.js';

describe.each(STORES)('a second deployment on one store in $name', (kind) => {
  let fresh: FreshStore;
  let directory: string;
  const out: string[] = [];
  const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void out.push(text) };

  beforeEach(async () => {
    fresh = await kind.createMigrated();
    directory = mkdtempSync(join(tmpdir(), 'tributary-deployments-'));
  });

  afterEach(async () => {
    await fresh.remove();
    rmSync(directory, { recursive: true });
  });

  /**
   * Writes a deployment file with the given sandbox connectors.
   * @param head lines before the connectors
   */
  function writeDeployment(file: string, head: string, ...connectors: string[]): string {
    const path = join(directory, file);
    const settings = '{ seed: 1, transactions: 5, activityPerMinute: 0 }';
    const entries = connectors.map(
      (name) =>
        `  - { name: ${name}, plugin: sandbox, settings: ${settings}, apiKeys: ["the-key-of-${name}-only"] }\n`,
    );
    writeFileSync(
      path,
      `listen: { port: 0 }\nstore: "${fresh.url}"\n${head}connectors:\n${entries.join('')}`,
    );
    return path;
  }

  async function start(file: string): Promise<void> {
    await (await createGateway(loadDeployment(file))).close();
  }

  it('with another name is refused, until the store is adopted', async () => {
    const [first, renamed, unnamed] = [
      writeDeployment('first.yaml', 'deployment: payments\n', 'bank'),
      writeDeployment('renamed.yaml', 'deployment: payments-2\n', 'bank'),
      writeDeployment('unnamed.yaml', '', 'bank'),
    ];
    const gateway = await createGateway(loadDeployment(first));
    const replica = writeDeployment('replica.yaml', 'deployment: payments\n', 'shop');
    await start(replica);
    await expect(start(renamed)).rejects.toThrow(
      'the store belongs to the deployment "payments"; the deployment file names the deployment "payments-2"',
    );
    await expect(start(unnamed)).rejects.toThrow('the deployment file names no deployment');
    expect(await runCli(['store', 'adopt', '--config', renamed], terminal)).toBe(1);
    expect(out.join()).toContain('is in use');
    await gateway.close();
    expect(await runCli(['store', 'adopt', '--config', renamed], terminal)).toBe(0);
    expect(out.at(-1)).toContain('belongs to "payments-2" from now on.');
    await start(renamed);
    await expect(start(first)).rejects.toThrow('the store belongs to the deployment "payments-2"');
  });

  it('without names is refused if it has no connector of the first, and accepted if it has one', async () => {
    await start(writeDeployment('first.yaml', '', 'bank', 'shop'));
    const other = writeDeployment('other.yaml', '', 'other');
    await expect(start(other)).rejects.toThrow(
      'the store belongs to a deployment with other connectors (bank and 1 more), and the file has none of them',
    );
    await start(writeDeployment('grown.yaml', '', 'shop', 'third'));
    expect(await runCli(['store', 'adopt', '--config', other], terminal)).toBe(0);
    await start(other);
    // The deployment file of the first deployment now gets a name.
    await start(writeDeployment('named.yaml', 'deployment: payments\n', 'bank'));
    await expect(start(other)).rejects.toThrow('the store belongs to the deployment "payments"');
  });

  it('that starts at the same time on an empty store is refused: one of the two starts', async () => {
    const files = ['one', 'two'].map((name) =>
      writeDeployment(`${name}.yaml`, `deployment: ${name}\n`, name),
    );
    const results = await Promise.allSettled(files.map(start));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('is refused while the first one runs, and accepted after the change is confirmed', async () => {
    const write = (name: string, seed: number) => {
      const file = join(directory, name);
      const settings = `{ seed: ${seed}, transactions: 5, activityPerMinute: 0 }`;
      const keys = 'apiKeys: ["a-key-of-this-test-only"]';
      writeFileSync(
        file,
        `listen: { port: 0 }\nstore: "${fresh.url}"\nconnectors:\n  - { name: bank, plugin: sandbox, settings: ${settings}, ${keys} }\n`,
      );
      return file;
    };
    const [first, second] = [write('first.yaml', 1), write('second.yaml', 2)];
    const gateway = await createGateway(loadDeployment(first));
    await gateway.syncEngine.runOnce('bank');
    await expect(createGateway(loadDeployment(second))).rejects.toThrow(
      'bank: the store has sandbox (seed 1), the deployment file has sandbox (seed 2)',
    );
    // A second gateway of the first deployment starts while the first gateway is running.
    await (await createGateway(loadDeployment(first))).close();
    expect(await runCli(['connectors', 'reset', 'bank', '--config', second], terminal)).toBe(1);
    expect(out.join()).toContain('is in use');
    await gateway.close();
    expect(await runCli(['connectors', 'reset', 'bank', '--config', second], terminal)).toBe(0);
    expect(out.at(-1)).toBe('bank belongs to sandbox (seed 2) from now on.');
    await (await createGateway(loadDeployment(second))).close();
    await expect(createGateway(loadDeployment(first))).rejects.toThrow('the store has sandbox (seed 2)');
  });
});
