/**
 * Tests the console in a real Chromium, as an operator would use it. The records contain HTML. axe checks the accessibility of each page,
 * in both themes and on a narrow screen. If this machine has no Chromium, the tests are skipped.
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { TestGateway } from '../gateway/test-gateway.js';
import { createPayment, PULL_ERROR, REJECTION_REASON, startConsoleWorld } from './console-world.js';
import { findChromium, launchChromium } from './find-chromium.js';

const CHROMIUM = findChromium();
if (CHROMIUM === undefined)
  console.warn('skipped: there is no Chromium on this machine; install one, or set CHROMIUM_PATH');
const describeWithChromium = CHROMIUM === undefined ? describe.skip : describe;

/** The timeout is long, because the machine can be busy. Every wait ends as soon as its condition is true. */
const TIMEOUT_MS = 60_000;
const TEST_TIMEOUT_MS = 240_000;
const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Every page with its heading. console-world.ts creates the objects with these ids. */
const PAGES: readonly (readonly [path: string, heading: string])[] = [
  ['/', 'Overview'],
  ['/connector?connector=bank', 'bank'],
  ['/feed?connector=bank&stream=transactions', 'Feed'],
  ['/feed?connector=bank&stream=transactions&id=tx-bad', 'Feed'],
  ['/feed?connector=bank&stream=transactions&id=no-such-record', 'Feed'],
  ['/record?connector=bank&stream=transactions&id=payment-1', 'Record payment-1'],
  ['/quarantine', 'Quarantine'],
  [
    '/quarantine/entry?connector=bank&stream=transactions&kind=rejected-record&id=tx-bad',
    'Quarantine: tx-bad',
  ],
  ['/orders', 'Orders'],
  ['/orders/order?connector=bank&id=order-1', 'Order order-1'],
  ['/balances?connector=bank', 'Balances'],
  ['/balances?connector=bank&account=main', 'Balances'],
  ['/reconciliation', 'Reconciliation'],
  ['/reconciliation/policy?policy=sales', 'sales'],
  ['/clients', 'Clients'],
  ['/audit', 'Audit'],
];

describeWithChromium('the console in a browser', () => {
  let world: TestGateway;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** The violations of the content security policy, the errors of scripts, and the requests to other hosts. */
  const problems: string[] = [];

  beforeAll(async () => {
    world = await startConsoleWorld();
    browser = await launchChromium(CHROMIUM ?? '');
    context = await browser.newContext({ viewport: { width: 1280, height: 900 }, acceptDownloads: true });
    context.setDefaultTimeout(TIMEOUT_MS);
    page = await context.newPage();
    page.on('pageerror', ({ message }) => problems.push(message));
    page.on('console', (message) => {
      // The browser reports every response with an error status. Two of them are expected: the first read of the session, and the request
      // for a connector that does not exist.
      const isErrorStatus = /^Failed to load resource: .* status of 40[14]/.test(message.text());
      if (message.type() === 'error' && !isErrorStatus) problems.push(message.text());
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'blob:' && origin !== world.url) problems.push(`request to ${request.url()}`);
    });
  }, TEST_TIMEOUT_MS);
  afterAll(async () => {
    await browser.close();
    await world.stop();
  }, TEST_TIMEOUT_MS);

  const open = async (path: string, heading: string) => {
    await page.goto(`${world.url}/console/#${path}`);
    await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
    // The message that the page is loading also has the role `status`, so the test waits until it has disappeared.
    // Several parts of a page can be loading. When the first message disappears, the next one becomes the first.
    await page.locator('.loading').first().waitFor({ state: 'detached' });
  };

  it(
    'refuses a wrong key, and lets an operator in',
    async () => {
      await page.goto(`${world.url}/console`);
      const key = page.getByLabel('Operator key');
      await key.fill('not-a-key-of-this-gateway');
      await key.press('Enter');
      await page.getByText('This is not an operator key of this gateway.').waitFor();
      await key.fill(world.operatorKey);
      await key.press('Enter');
      await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
      // The browser requested the data of this page before the log-in too. The errors of these requests must not appear.
      await page.getByRole('table', { name: 'Streams' }).waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(await page.evaluate('document.cookie')).toBe('');
      expect(
        await page.evaluate('JSON.stringify(localStorage) + JSON.stringify(sessionStorage)'),
      ).not.toContain(world.operatorKey);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'tells why a stream fails, and what was rejected',
    async () => {
      await open('/', 'Overview');
      await page.getByRole('link', { name: 'The pull of bank, transactions fails' }).click();
      await page.getByRole('heading', { level: 1, name: 'bank' }).waitFor();
      await page.getByText(PULL_ERROR, { exact: true }).first().waitFor();
      await open('/', 'Overview');
      await page.getByRole('link', { name: '1 rejected record of bank, transactions' }).click();
      await page.getByRole('link', { name: 'tx-bad' }).click();
      await page.getByRole('heading', { level: 1, name: 'Quarantine: tx-bad' }).waitFor();
      await page.getByText(REJECTION_REASON).waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows the balances of an account over time',
    async () => {
      await open('/balances?connector=bank', 'Balances');
      await page.getByRole('link', { name: 'main', exact: true }).click();
      await page.getByRole('img', { name: 'Balance in EUR on 3 days, last 150.00 EUR' }).waitFor();
      const history = page.getByRole('table', { name: 'Last balances of each day' });
      // A floating-point number could not contain these digits.
      await history.getByText('1,000,000,000,000,000,000.01').waitFor();
      expect(await history.locator('tbody tr').count()).toBe(3);
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'tells why a record that a person searches in its feed is not there',
    async () => {
      await open('/feed?connector=bank&stream=transactions', 'Feed');
      const searchFor = async (id: string) => {
        await page.getByLabel('Id', { exact: true }).fill(id);
        await page.getByLabel('Id', { exact: true }).press('Enter');
      };
      await searchFor('no-such-record');
      await page.getByText('Neither this feed nor the quarantine of this stream has a record').waitFor();
      await page.getByText(`The last pull of the stream failed, so newer records can be missing`).waitFor();
      await searchFor('tx-bad');
      await page.getByText('The gateway rejected this record').waitFor();
      await page.getByText(REJECTION_REASON).waitFor();
      await page.getByRole('link', { name: 'See what the PSP sent' }).click();
      await page.getByRole('heading', { level: 1, name: 'Quarantine: tx-bad' }).waitFor();
      await open('/quarantine?id=tx-bad', 'Quarantine');
      await page.getByRole('link', { name: 'tx-bad' }).waitFor();
      await open('/quarantine?id=no-such-record', 'Quarantine');
      await page.getByText('The quarantine has no entry with these properties.').waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'follows the versions of a payment, with every digit of its amount, and exports them',
    async () => {
      await open('/feed?connector=bank&stream=transactions', 'Feed');
      await page.getByText('123,456,789,012,345,678.90').waitFor();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export as CSV' }).click();
      const csv = readFileSync(await (await download).path(), 'utf8');
      expect(csv).toContain('12345678901234567890');
      await page.getByRole('link', { name: 'payment-1' }).first().click();
      await page.getByRole('heading', { level: 2, name: '2 versions' }).waitFor();
      const status = page.getByRole('row', { name: /^status/ });
      expect(await status.getByRole('cell').allTextContents()).toEqual(['"PENDING"', '"SUCCEEDED"']);
      await page.getByText('the newest version').waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows a break with both sides',
    async () => {
      await open('/reconciliation', 'Reconciliation');
      await page.getByRole('link', { name: 'sales' }).click();
      await page.getByRole('link', { name: 'amount-differs' }).click();
      await page.getByRole('heading', { level: 1, name: 'Break: amount-differs' }).waitFor();
      await page.getByText('12.50').waitFor();
      await page.getByText('12.40').waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'accepts a break with a note, and shows the decision',
    async () => {
      await page.getByRole('button', { name: 'Accept' }).click();
      await page.getByLabel('Why it is accepted').fill('The bank took a fee, see ticket 7.');
      await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('cell', { name: 'The bank took a fee, see ticket 7.' }).waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it.each(['light', 'dark'] as const)(
    'axe finds nothing on any page in the %s theme, and no page is wider than a narrow screen',
    async (colorScheme) => {
      await page.emulateMedia({ colorScheme });
      for (const [path, heading] of PAGES) {
        await page.setViewportSize({ width: 1280, height: 900 });
        await open(path, heading);
        expect([path, await findAccessibilityProblems(page, colorScheme)]).toEqual([path, []]);
        await page.setViewportSize({ width: 360, height: 700 });
        // Charts get their new width in the next frame. The comparison below reports elements that are too wide.
        await page
          .waitForFunction('document.documentElement.scrollWidth <= document.documentElement.clientWidth')
          .catch(() => undefined);
        const [content, screen] = await page.evaluate<[number, number]>(
          '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
        );
        expect([path, content]).toEqual([path, screen]);
      }
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows a new row on an open page that does not read its data regularly',
    async () => {
      await open('/feed?connector=bank&stream=transactions', 'Feed');
      // The gateway compares the data once per second, and must have seen it before it changes.
      await page.waitForTimeout(2_500);
      await world.appendRecords('bank', 'transactions', [createPayment('SUCCEEDED', 'arrived-live')]);
      await page.getByRole('link', { name: 'arrived-live' }).waitFor({ timeout: 10_000 });
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'pauses a stream, and dismisses an entry of the quarantine with a note; both are in the audit log',
    async () => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await open('/connector?connector=bank', 'bank');
      const stream = page.getByRole('row', { name: /^transactions/ }).first();
      await stream.getByRole('button', { name: 'Pause' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
      await stream.getByText('paused').waitFor();
      await open(
        '/quarantine/entry?connector=bank&stream=transactions&kind=data-warning&id=w-1',
        'Quarantine: w-1',
      );
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await page.getByLabel('Why it is not a problem').fill('The PSP answered our question.');
      await page.getByRole('dialog').getByRole('button', { name: 'Dismiss' }).click();
      await page.getByRole('heading', { level: 1, name: 'Quarantine', exact: true }).waitFor();
      await open('/audit', 'Audit');
      await page.getByRole('cell', { name: 'quarantine.dismissed' }).waitFor();
      await page.getByText('The PSP answered our question.').waitFor();
      await page.getByRole('cell', { name: 'stream.paused' }).waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows what the PSP was asked and what it answered, and approves a resolution that another person proposed',
    async () => {
      await open('/orders/order?connector=bank&id=order-1', 'Order order-1');
      await page.getByText('POST /payouts').waitFor();
      await page.getByText('HTTP 503').waitFor();
      await page.getByText('Request and response').click();
      await page.getByText('idempotency-key: key-1').waitFor();
      await page.getByText('"iban": "****3000"').waitFor();
      await page.getByText('bob proposes to resolve the order as succeeded.').waitFor();
      await page.getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByText('an operator says succeeded: Seen in the dashboard.').waitFor();
      await page.getByText('bob proposes').waitFor({ state: 'detached' });
      await open('/audit', 'Audit');
      await page.getByRole('cell', { name: 'order.resolved' }).waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'retries a rejected record',
    async () => {
      const path = '/quarantine/entry?connector=bank&stream=transactions&kind=rejected-record&id=tx-bad';
      await open(path, 'Quarantine: tx-bad');
      await page.getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await open('/audit', 'Audit');
      await page
        .getByRole('cell', { name: /reread/ })
        .first()
        .waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'works with the keyboard alone: the first stop skips the navigation',
    async () => {
      await page.setViewportSize({ width: 1280, height: 900 });
      await open('/', 'Overview');
      // In a new document the first stop of the Tab key does not depend on the element that had the focus before.
      await page.reload();
      await open('/', 'Overview');
      await page.keyboard.press('Tab');
      await page.locator('.skip-link:focus').waitFor();
      await page.keyboard.press('Enter');
      await page.locator('#main:focus').waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'shows the error of the gateway, and what a key must not see',
    async () => {
      await open('/connector?connector=no-such-connector', 'no-such-connector');
      await page.getByText('No such connector', { exact: true }).waitFor();
    },
    TEST_TIMEOUT_MS,
  );

  it('markup in records did nothing, no policy was violated, and no other host was asked', async () => {
    expect(await page.evaluate('window.markupRan === undefined')).toBe(true);
    expect(problems).toEqual([]);
  });

  it(
    'requests the session and the data of the overview before its script runs, and only once',
    async () => {
      const paths = ['session', 'overview?limit=25', 'attention'];
      const other = await context.newPage();
      const requests: string[] = [];
      other.on('request', (request) => requests.push(request.url().replace(/.*\/operator\/v1\//, '')));
      const script = Promise.withResolvers<void>();
      await other.route('**/console/assets/*.js', async (route) => {
        await script.promise;
        await route.continue();
      });
      const responses = paths.map((path) =>
        other.waitForResponse((response) => response.url().endsWith(`/${path}`)),
      );
      await other.goto(`${world.url}/console/`, { waitUntil: 'commit' });
      await Promise.all(responses);
      script.resolve();
      await other.locator('table caption').first().waitFor({ state: 'attached' });
      for (const path of paths) expect(requests.filter((url) => url === path)).toEqual([path]);
      await other.close();
    },
    TEST_TIMEOUT_MS,
  );

  it(
    'logs out',
    async () => {
      await open('/', 'Overview');
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.getByLabel('Operator key').waitFor();
      const response = await context.request.get(`${world.url}/operator/v1/overview`);
      expect(response.status()).toBe(401);
    },
    TEST_TIMEOUT_MS,
  );
});

/**
 * Checks a page with axe.
 * @returns the violations, each with its elements
 */
async function findAccessibilityProblems(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  // Only the contrast depends on the theme, so the second theme is only checked for contrast.
  const options = colorScheme === 'light' ? '{}' : '{ runOnly: ["color-contrast"] }';
  await page.evaluate(AXE_SOURCE);
  const violations = await page.evaluate<
    { id: string; nodes: { html: string; failureSummary?: string }[] }[]
  >(`axe.run(document, ${options}).then(({ violations }) => JSON.parse(JSON.stringify(violations)))`);
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
  );
}
