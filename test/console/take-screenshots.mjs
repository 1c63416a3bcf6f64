/**
 * Takes the screenshots in docs/images/console from the gateway that start-screenshot-gateway.mjs starts: `node
 * test/console/take-screenshots.mjs`. Compress the files afterwards. The program needs a Chromium: CHROMIUM_PATH, or /usr/bin/chromium.
 */
import { mkdirSync } from 'node:fs';
import { chromium } from 'playwright-core';

const [url = 'http://127.0.0.1:3000', key = 'demo-key-of-the-operator'] = process.argv.slice(2);
const DIRECTORY = 'docs/images/console';
const WIDTHS_PX = [390, 1280, 1920];
const HEIGHT_PX = 900;
const PAGES = {
  overview: '/',
  connector: '/connector?connector=rough-sandbox',
  feed: '/feed?connector=sandbox&stream=transactions',
  quarantine: '/quarantine',
  orders: '/orders',
  balances: '/balances?connector=house-bank',
  reconciliation: '/reconciliation',
  clients: '/clients',
  audit: '/audit',
};
/** The pages that are opened by a link on another page. Each entry contains the page with the link, and the link. */
const LINKED_PAGES = {
  'balance-history': ['/balances?connector=house-bank', 'tbody th a'],
  record: ['/feed?connector=house-bank&stream=transactions&status=PENDING', 'tbody th a'],
  'quarantine-entry': ['/quarantine?kind=rejected-record', 'tbody th a:text-matches("^tx_")'],
  order: ['/orders', 'tr:has-text("314.00") th a'],
  policy: ['/reconciliation', 'tbody th a'],
  break: ['/reconciliation/policy?policy=bank&class=amount-differs', 'h2:has-text("Breaks") ~ * tbody th a'],
};

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
});
mkdirSync(DIRECTORY, { recursive: true });
const page = await browser.newPage();
await page.goto(`${url}/console/`);
await page.getByLabel('Operator key').waitFor();
for (const width of WIDTHS_PX) await save('log-in', await useWidth(width));
await page.getByLabel('Operator key').fill(key);
await page.keyboard.press('Enter');
await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
for (const width of WIDTHS_PX) {
  await useWidth(width);
  for (const [name, path] of Object.entries(PAGES)) {
    await open(path);
    await save(name, width);
  }
  await open('/quarantine?kind=rejected-record');
  const rejectedId = await page.locator('tbody th a:text-matches("^tx_")').first().textContent();
  await open(`/feed?connector=rough-sandbox&stream=transactions&id=${rejectedId}`);
  await save('missing-record', width);
  for (const [name, [path, link]] of Object.entries(LINKED_PAGES)) {
    await open(path);
    const target = page.locator(link).first();
    if ((await target.count()) === 0) {
      console.error(`${name}: this gateway has no such page, so there is no screenshot`);
      continue;
    }
    await target.click();
    await waitForData();
    await save(name, width);
  }
}
await browser.close();

async function open(path) {
  await page.goto(`${url}/console/#${path}`);
  await waitForData();
}

async function waitForData() {
  await page.waitForTimeout(500);
  await page.locator('.loading').first().waitFor({ state: 'detached' });
}

/** Sets the width of the window. The dark theme is used at the width of a laptop, and the light theme at the other widths. */
async function useWidth(width) {
  await page.emulateMedia({ colorScheme: width === 1280 ? 'dark' : 'light' });
  await page.setViewportSize({ width, height: HEIGHT_PX });
  return width;
}

function save(name, width) {
  return page.screenshot({ path: `${DIRECTORY}/${name}-${width}.png` });
}
