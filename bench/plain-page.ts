/**
 * Opens a page of Chromium in which only the DevTools commands of a benchmark run. Playwright's own pages enable the DevTools domain
 * `Runtime`, with which V8 parses the scripts a second time to record stack traces. In the first page of the console this takes 35 ms of 107
 * ms of the processor, which a user without a debugger does not wait for.
 */
import type { Browser, CDPSession } from 'playwright-core';

interface TargetMessage {
  id?: number;
  result?: Record<string, unknown>;
  error?: { message: string };
}

export interface Cookie {
  url: string;
  name: string;
  value: string;
}

export class PlainPage {
  private lastId = 0;
  private readonly pending = new Map<number, (message: TargetMessage) => void>();

  private constructor(
    private readonly devTools: CDPSession,
    private readonly browserContextId: string,
    private readonly sessionId: string,
  ) {
    devTools.on('Target.receivedMessageFromTarget', ({ sessionId, message }) => {
      if (sessionId !== this.sessionId) return;
      const parsed = JSON.parse(message) as TargetMessage;
      if (parsed.id !== undefined) this.pending.get(parsed.id)?.(parsed);
    });
  }

  /** Opens an empty page in a browser context of its own, which has its own HTTP cache and only the given cookie. */
  static async open(
    browser: Browser,
    size: { width: number; height: number },
    cookie: Cookie,
  ): Promise<PlainPage> {
    const devTools = await browser.newBrowserCDPSession();
    const { browserContextId } = await devTools.send('Target.createBrowserContext');
    await devTools.send('Storage.setCookies', { browserContextId, cookies: [cookie] });
    const { targetId } = await devTools.send('Target.createTarget', {
      url: 'about:blank',
      browserContextId,
      ...size,
    });
    // Playwright would take a session with `flatten: true` for one of its own.
    const { sessionId } = await devTools.send('Target.attachToTarget', { targetId, flatten: false });
    return new PlainPage(devTools, browserContextId, sessionId);
  }

  /**
   * Sends a DevTools command to the page.
   * @throws Error if the browser refuses the command
   */
  async send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    const id = ++this.lastId;
    const response = new Promise<TargetMessage>((resolve) => this.pending.set(id, resolve));
    await this.devTools.send('Target.sendMessageToTarget', {
      sessionId: this.sessionId,
      message: JSON.stringify({ id, method, params }),
    });
    const { result, error } = await response;
    this.pending.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  /** Returns the value of an expression, which must be a number, a string or a boolean. */
  async evaluate(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    return (result as { value?: unknown }).value;
  }

  async close(): Promise<void> {
    await this.devTools.send('Target.disposeBrowserContext', { browserContextId: this.browserContextId });
    await this.devTools.detach();
  }
}
