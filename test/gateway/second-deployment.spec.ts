/** Tests that a gateway with another deployment file does not start on a store in use, and how an operator confirms a change. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import { STORES } from '../../libs/feed/src/testing/stores.js';

describe.each(STORES)('a second deployment on one store in $name', (kind) => {
  it('is refused while the first one runs, and accepted after the change is confirmed', async () => {
    const fresh = await kind.create();
    const directory = mkdtempSync(join(tmpdir(), 'tributary-deployments-'));
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
    // A replica of the first deployment starts beside it.
    await (await createGateway(loadDeployment(first))).close();
    const out: string[] = [];
    const terminal = {
      out: (text: string) => void out.push(text),
      err: (text: string) => void out.push(text),
    };
    expect(await runCli(['connectors', 'reset', 'bank', '--config', second], terminal)).toBe(1);
    expect(out.join()).toContain('is in use');
    await gateway.close();
    expect(await runCli(['connectors', 'reset', 'bank', '--config', second], terminal)).toBe(0);
    expect(out.at(-1)).toBe('bank belongs to sandbox (seed 2) from now on.');
    await (await createGateway(loadDeployment(second))).close();
    await expect(createGateway(loadDeployment(first))).rejects.toThrow('the store has sandbox (seed 2)');
    await fresh.remove();
    rmSync(directory, { recursive: true });
  });
});
