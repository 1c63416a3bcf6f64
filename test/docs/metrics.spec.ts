/** Checks that docs/reference/metrics.md lists exactly the metrics that a gateway registers, with their types and labels. */
import { jest } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { loadDeploymentWithSecrets } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import { listTableRows, readPage } from './markdown-pages.js';

/** The properties of a metric that are missing in the types of prom-client. */
interface RegisteredMetric {
  name: string;
  type: string;
  labelNames: readonly string[];
}

it('docs/reference/metrics.md lists every metric with its type and labels, and no other', async () => {
  const documented = listTableRows(readPage('docs/reference/metrics.md'))
    .filter(([name = '', type = '']) => name.startsWith('`tributary_') && /^[a-z]+$/.test(type))
    .map(([name = '', type = '', labels = '']) => ({
      name: name.replaceAll('`', ''),
      type,
      labels: [...labels.matchAll(/`([a-z]+)`/g)].map(([, label]) => label),
    }));
  const registered = (await collectRegisteredMetrics()).map(({ name, type, labelNames }) => ({
    name,
    type,
    labels: [...labelNames],
  }));
  expect(registered.length).toBeGreaterThan(10);
  expect(documented.sort(byName)).toEqual(registered.sort(byName));
});

/** Creates a gateway for the example deployment, and returns the metrics that it registers. */
async function collectRegisteredMetrics(): Promise<RegisteredMetric[]> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-metrics-'));
  const register = jest.spyOn(Registry.prototype, 'registerMetric');
  try {
    const loaded = await loadDeploymentWithSecrets('examples/gateway.yaml', { environment: {} });
    const gateway = await createGateway(
      { ...loaded.deployment, store: `sqlite:${join(directory, 'store.db')}` },
      { loaded, logger: pino({ level: 'silent' }), sync: false, drainTimeoutMs: 0 },
    );
    await gateway.close();
    return register.mock.calls.map(([metric]) => metric as unknown as RegisteredMetric);
  } finally {
    register.mockRestore();
    rmSync(directory, { recursive: true });
  }
}

function byName(a: { name: string }, b: { name: string }): number {
  return a.name < b.name ? -1 : 1;
}
