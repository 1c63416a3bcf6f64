/** Sends payouts to a gateway with a simulated PSP, and reads the rows that the gateway published. */
import { setTimeout as sleep } from 'node:timers/promises';

export const KEY = 'the-key-that-pays-in-this-test';
const MAX_PARTIES_WAIT_MS = 180_000;

/** Returns the entry of a simulated PSP that accepts orders, for the deployment file. */
export function formatPayingConnector(name: string, seed: number, journal: string, every = '500ms'): string {
  return `  - name: ${name}
    plugin: sandbox
    apiKeys: [{ key: ${KEY}, scopes: [read, pay] }]
    sync: { every: ${every} }
    settings: { seed: ${seed}, transactions: 0, activityPerMinute: 0, accounts: 2, beneficiaries: 2, changesWithin: 60000, journal: '${journal}', orderFaults: 0, orderFates: 0 }
`;
}

export interface Payout {
  reference: string;
  /** The result of the payout at the simulated PSP. */
  fate: 'succeeds' | 'returns';
  /** The time in milliseconds until the result. */
  afterMs: number;
}

export class PayingClient {
  constructor(
    private readonly url: string,
    private readonly connector: string,
  ) {}

  /**
   * Sends a payout.
   * @returns the HTTP status and the id of the order; status 0 when the gateway does not respond
   */
  async pay({ reference, fate, afterMs }: Payout): Promise<{ status: number; id: string | undefined }> {
    const [source, destination] = await this.findParties();
    const body = JSON.stringify({
      idempotencyKey: reference,
      amount: '1250',
      currency: 'EUR/2',
      sourceAccountId: source,
      destinationAccountId: destination,
      description: reference,
      metadata: { 'sandbox/fate': fate, 'sandbox/after': String(afterMs) },
    });
    const response = await this.request('/payouts', { method: 'POST', body });
    if (!response) return { status: 0, id: undefined };
    const { id } = (await response.json()) as { id?: string };
    return { status: response.status, id };
  }

  private parties: Promise<[string, string]> | undefined;

  private findParties(): Promise<[string, string]> {
    return (this.parties ??= Promise.all([
      this.findFirstId('/accounts'),
      this.findFirstId('/beneficiaries'),
    ]));
  }

  private async findFirstId(path: string): Promise<string> {
    for (const end = performance.now() + MAX_PARTIES_WAIT_MS; performance.now() < end; await sleep(100)) {
      const response = await this.request(path);
      const rows = response?.status === 200 ? ((await response.json()) as { id: string }[]) : [];
      if (rows[0]) return rows[0].id;
    }
    throw new Error(`${this.url}/${this.connector}${path} has no rows`);
  }

  private async request(path: string, init: RequestInit = {}): Promise<Response | undefined> {
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    return fetch(`${this.url}/${this.connector}${path}`, { ...init, headers }).catch(() => undefined);
  }
}
