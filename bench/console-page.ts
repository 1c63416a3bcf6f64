/** Measures in a real Chromium how long it takes until the first page of the console can be used. */
import { chromium } from 'playwright-core';
import { findChromium } from '../test/console/find-chromium.js';

const CPU_SLOWDOWN = 4;
const MEASUREMENT_COUNT = 5;

/**
 * Opens the console with a new cache and a valid session, on a processor that is throttled to a quarter.
 * @returns the median time in milliseconds from the navigation until the list of the streams is visible; `undefined` without a Chromium
 */
export async function measureFirstPage(origin: string, operatorKey: string): Promise<number | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking'],
  });
  try {
    const times: number[] = [];
    for (let measurement = 0; measurement < MEASUREMENT_COUNT; measurement++) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      await context.request.post(`${origin}/operator/v1/session`, { data: { key: operatorKey } });
      const page = await context.newPage();
      const devTools = await context.newCDPSession(page);
      await devTools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
      const start = performance.now();
      await page.goto(`${origin}/console/`, { waitUntil: 'commit' });
      await page.locator('table caption', { hasText: 'Streams' }).waitFor({ state: 'attached' });
      times.push(performance.now() - start);
      await context.close();
    }
    return times.toSorted((a, b) => a - b)[Math.floor(MEASUREMENT_COUNT / 2)];
  } finally {
    await browser.close();
  }
}
