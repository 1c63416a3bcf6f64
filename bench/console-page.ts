/** Measures in a real Chromium how long it takes until the first page of the console can be used. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { findChromium, launchChromium } from '../test/console/find-chromium.js';
import { PlainPage, type Cookie } from './plain-page.js';

const CPU_SLOWDOWN = 4;
const MEASUREMENT_COUNT = 5;
const MAX_WAIT_MS = 30_000;
const WINDOW_SIZE = { width: 1280, height: 900 };
/**
 * Runs in the page, and records the time after the navigation at which the page can be used: the list of the streams and the section "What
 * needs a person" have been painted with their data, and the page then runs the next task, so it reacts to input. The section of the
 * deployment file, which is below the window, can still be loading. The page itself measures, because the scripts with which Playwright
 * waits for an element would run on the throttled processor too.
 */
const RECORD_USABLE_TIME = `
  new MutationObserver((_, observer) => {
    if (!document.querySelector('table caption')) return;
    if (document.querySelector('main section:first-of-type .loading')) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (globalThis.usableAtMs = performance.now())));
  }).observe(document, { childList: true, subtree: true });
`;

/**
 * Opens the console several times on a processor that is throttled to a quarter, each time with an empty HTTP cache and the session of an
 * operator who has logged in. The time of the log-in and of the start of the browser is not measured.
 * @returns the median time in milliseconds from the start of the navigation until the first page can be used; `undefined` without a
 *   Chromium
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
 * @throws Error if the page cannot be used in time
 */
async function openConsole(browser: Browser, origin: string, operatorKey: string): Promise<number> {
  const page = await PlainPage.open(browser, WINDOW_SIZE, await logIn(origin, operatorKey));
  try {
    await page.send('Page.enable');
    await page.send('Page.addScriptToEvaluateOnNewDocument', { source: RECORD_USABLE_TIME });
    await page.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
    await page.send('Page.navigate', { url: `${origin}/console/` });
    for (const end = performance.now() + MAX_WAIT_MS; performance.now() < end; await sleep(500)) {
      const usableAtMs = await page.evaluate('globalThis.usableAtMs');
      if (typeof usableAtMs === 'number') return usableAtMs;
    }
    throw new Error(`the first page of the console could not be used within ${MAX_WAIT_MS} ms`);
  } finally {
    await page.close();
  }
}

/**
 * Begins a session.
 * @returns its cookie
 * @throws Error if the gateway does not accept the key
 */
async function logIn(origin: string, operatorKey: string): Promise<Cookie> {
  const response = await fetch(`${origin}/operator/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ key: operatorKey }),
  });
  const [, name, value] = /^([^=]+)=([^;]+)/.exec(response.headers.getSetCookie()[0] ?? '') ?? [];
  if (name === undefined || value === undefined) throw new Error(`the log-in failed with ${response.status}`);
  return { url: origin, name, value };
}
