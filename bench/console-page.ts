/** Measures in a real Chromium how long it takes until the first page of the console can be used. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { findChromium, launchChromium } from '../test/console/find-chromium.js';

const CPU_SLOWDOWN = 4;
const MEASUREMENT_COUNT = 5;
const MAX_WAIT_MS = 30_000;
/**
 * Runs in the page, and records the time after the navigation at which the list of the streams has been painted. The page itself measures,
 * because the scripts with which Playwright waits for an element would run on the throttled processor too.
 */
const RECORD_USABLE_TIME = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector('table caption')) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.usableAtMs = performance.now())));
  }).observe(document, { childList: true, subtree: true });
`;

/**
 * Opens the console several times, each time with a new cache and a valid session, on a processor that is throttled to a quarter.
 * @returns the median time in milliseconds from the navigation until the list of the streams is visible; `undefined` without a Chromium
 */
export async function measureFirstPage(origin: string, operatorKey: string): Promise<number | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  const browser = await launchChromium(executablePath);
  try {
    const times: number[] = [];
    while (times.length < MEASUREMENT_COUNT) times.push(await openConsole(browser, origin, operatorKey));
    return times.toSorted((a, b) => a - b)[Math.floor(MEASUREMENT_COUNT / 2)];
  } finally {
    await browser.close();
  }
}

/**
 * Opens the console once.
 * @returns the time in milliseconds
 * @throws Error if the list of the streams does not appear
 */
async function openConsole(browser: Browser, origin: string, operatorKey: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    await context.addInitScript(RECORD_USABLE_TIME);
    await context.request.post(`${origin}/operator/v1/session`, { data: { key: operatorKey } });
    const page = await context.newPage();
    const devTools = await context.newCDPSession(page);
    await devTools.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
    await page.goto(`${origin}/console/`, { waitUntil: 'commit' });
    for (const end = performance.now() + MAX_WAIT_MS; performance.now() < end; await sleep(500)) {
      const usableAtMs: unknown = await page.evaluate('globalThis.usableAtMs');
      if (typeof usableAtMs === 'number') return usableAtMs;
    }
    throw new Error(`the console did not show its streams within ${MAX_WAIT_MS} ms`);
  } finally {
    await context.close();
  }
}
