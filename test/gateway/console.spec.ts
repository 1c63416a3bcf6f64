/** Tests how the gateway serves the files of the built console. The tests in test/console/ use the console in a browser. */
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { get as sendHttpRequest, type IncomingMessage } from 'node:http';
import { expectError, startGateway, type TestGateway } from './test-gateway.js';

const CONNECTORS = [{ path: 'bank' }];
const MAX_SCRIPT_BYTES = 200_000;
const DIRECTORY = 'dist/console';

describe('/console', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ connectors: CONNECTORS });
  });
  afterAll(() => gateway.stop());

  it('is a page that the browser may not keep, with a policy that allows only files of the gateway', async () => {
    const response = await gateway.get('/console/');
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*|https?:|data:/);
  });

  it('has only relative URLs, so that a proxy can serve it under any path', async () => {
    const page = await (await gateway.get('/console/')).text();
    const urls = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url = '']) => url);
    // The browser requests the data of the first page while it loads the script. All other URLs are assets.
    const [session = '', overview = '', attention = '', ...assets] = urls;
    const requests = [session, overview, attention].map(
      (url) => new URL(url, 'http://gateway/prefix/console/'),
    );
    expect(requests.map(({ pathname, search }) => pathname + search)).toEqual([
      '/prefix/operator/v1/session',
      '/prefix/operator/v1/overview?limit=25',
      '/prefix/operator/v1/attention',
    ]);
    expect(assets.length).toBeGreaterThan(2);
    for (const url of assets) {
      expect(url).toMatch(/^\.\/assets\/[\w.-]+$/);
      const asset = await gateway.get(`/console/${url}`);
      expect([url, asset.status]).toEqual([url, 200]);
      expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(asset.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
    const redirect = await fetch(`${gateway.url}/console`, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([308, 'console/']);
  });

  it('loads one script, which asks the browser to compile it while it is loaded', async () => {
    const page = await (await gateway.get('/console/')).text();
    const scripts = [...page.matchAll(/"(\.\/assets\/[^"]+\.js)"/g)].map(([, url = '']) => url);
    expect(scripts).toHaveLength(1);
    const script = await (await gateway.get(`/console/${scripts[0]}`)).text();
    // The browser finds the comment only in the first line.
    expect(script.slice(0, 40).split('\n')[0]).toBe('//# allFunctionsCalledOnLoad');
  });

  it('is compressed for a client that accepts gzip, and plain for others', async () => {
    const plain = await requestWithEncoding(`${gateway.url}/console/`, undefined);
    const compressed = await requestWithEncoding(`${gateway.url}/console/`, 'br, gzip');
    const refused = await requestWithEncoding(`${gateway.url}/console/`, 'gzip;q=0');
    expect([plain, compressed, refused].map((encoding) => encoding ?? 'plain')).toEqual([
      'plain',
      'gzip',
      'plain',
    ]);
  });

  it.each([
    '/console/assets/no-such-file.js',
    '/console/assets/..%2Findex.html',
    '/console/assets/..%2f..%2fpackage.json',
    '/console/assets/__proto__',
  ])('has no file %s', async (path) => {
    await expectError(await gateway.get(path), 404);
  });
});

it('is not served with console: false', async () => {
  const gateway = await startGateway({ connectors: CONNECTORS, deployment: { console: false } });
  await expectError(await gateway.get('/console/'), 404);
  const page = await (await fetch(gateway.url, { headers: { accept: 'text/html' } })).text();
  await gateway.stop();
  expect(page).not.toContain('console');
});

it(`all scripts together have less than ${MAX_SCRIPT_BYTES} bytes, compressed`, () => {
  const scripts = readdirSync(`${DIRECTORY}/assets`).filter((name) => name.endsWith('.js'));
  const sizes = scripts.map((name) => gzipSync(readFileSync(`${DIRECTORY}/assets/${name}`)).length);
  expect(scripts.length).toBeGreaterThan(0);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(MAX_SCRIPT_BYTES);
});

/**
 * Requests a file with the given accepted encoding. The function does not use `fetch`, because `fetch` would always accept gzip.
 * @returns the content encoding of the response
 */
async function requestWithEncoding(url: string, encoding: string | undefined): Promise<string | undefined> {
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    sendHttpRequest(
      url,
      { headers: encoding === undefined ? {} : { 'accept-encoding': encoding } },
      resolve,
    ).on('error', reject),
  );
  response.resume();
  return response.headers['content-encoding'];
}
