import { expectError, startGateway, type TestGateway } from './test-gateway.js';

const CONNECTORS = [{ path: 'bank' }, { path: 'acme/bank' }];
const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };

const request = (gateway: TestGateway, headers: Record<string, string>) =>
  fetch(`${gateway.url}/`, { headers });

describe('GET /', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ connectors: CONNECTORS });
  });
  afterAll(() => gateway.stop());

  it('is a page that names the connectors and their documentation, for a browser on the same machine', async () => {
    const response = await request(gateway, BROWSER);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const page = await response.text();
    const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => `/${href}`);
    expect(links).toEqual(['/console/', '/bank/docs', '/acme/bank/docs', '/healthz', '/readyz']);
    for (const link of links) expect((await gateway.get(link)).status).toBe(200);
    expect(page).not.toMatch(/<script|src=|url\(/);
  });

  it.each<Record<string, string>>([{ accept: '*/*' }, { accept: 'application/json' }, {}])(
    'is the JSON error for a program that sends %j',
    async (headers) => {
      await expectError(await request(gateway, headers), 404);
    },
  );

  it.each(['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'])(
    'names no connector to a caller whose request came through a proxy, which sets %s',
    async (header) => {
      const response = await request(gateway, { ...BROWSER, [header]: '203.0.113.7' });
      expect(response.status).toBe(200);
      expect(await response.text()).not.toMatch(/acme|\/bank/);
    },
  );
});

it('names no connector if the documentation is off', async () => {
  const gateway = await startGateway({ connectors: CONNECTORS, deployment: { docs: false } });
  const page = await (await request(gateway, BROWSER)).text();
  await gateway.stop();
  expect(page).not.toMatch(/acme|\/bank|\/docs<|API documentation/);
});
