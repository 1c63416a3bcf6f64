import { startGateway } from './test-gateway.js';

describe('a deployment of many connectors', () => {
  it('serves each under its path, with its own rows, for its own key', async () => {
    const paths = Array.from({ length: 300 }, (_, index) =>
      index % 3 === 0 ? `c${index}` : `tenant${index % 7}/c${index}`,
    );
    const before = process.cpuUsage();
    const gateway = await startGateway({ connectors: paths.map((path) => ({ path })), level: 'info' });
    const { user, system } = process.cpuUsage(before);
    // A connector takes 4 ms of processor time on the machine that stack.md describes. The limit detects costs that grow with the square of
    // the number of connectors.
    expect((user + system) / 1000 / paths.length).toBeLessThan(40);
    for (const index of [0, 1, 150, 299]) {
      const path = paths[index]!;
      expect((await gateway.get(`/${path}/accounts`, gateway.key(path))).status).toBe(200);
      expect((await gateway.get(`/${path}/accounts`, gateway.key(paths[2]!))).status).toBe(401);
      expect((await gateway.get(`/${path}/docs/openapi.json`)).status).toBe(200);
    }
    await gateway.stop();
  });
});
