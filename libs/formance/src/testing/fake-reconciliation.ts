/**
 * A fake of Formance's legacy service Reconciliation v2.0.18 on localhost, which stores policies. It responds as the real service does: the
 * newest policy comes first, and several policies can have the same name.
 */
import { FakePsp, fakeRoute } from '@tributary/connector-api/testing';
import type { PspDocumentValidator } from '@tributary/connector-api/testing';
import { createCursorPage } from './create-cursor-page.js';

export interface FakePolicy {
  id: string;
  name: string;
  createdAt: string;
  ledgerName: string;
  ledgerQuery: unknown;
  paymentsPoolID: string;
}

/** The number of policies on a page. */
const PAGE_SIZE = 2;

export class FakeReconciliation {
  /** The policies, newest first. */
  readonly policies: FakePolicy[] = [];
  psp!: FakePsp;
  private count = 0;

  /**
   * Starts the fake.
   * @param document Formance's own document. Requests and responses are checked against it
   */
  static async start(document?: PspDocumentValidator): Promise<FakeReconciliation> {
    const fake = new FakeReconciliation();
    fake.psp = await FakePsp.start({
      document,
      routes: [
        fakeRoute('GET', '/policies', (request) => createCursorPage(request, fake.policies, PAGE_SIZE)),
        fakeRoute('POST', '/policies', ({ body }) => ({
          status: 201,
          body: { data: fake.addPolicy(body as Omit<FakePolicy, 'id' | 'createdAt'>) },
        })),
      ],
    });
    return fake;
  }

  get url(): string {
    return this.psp.url;
  }

  /** The number of requests that created a policy. */
  get createRequests(): number {
    return this.psp.requests.filter(({ method }) => method === 'POST').length;
  }

  addPolicy(policy: Omit<FakePolicy, 'id' | 'createdAt'>): FakePolicy {
    this.count += 1;
    const stored = { ...policy, id: `policy-${this.count}`, createdAt: '2026-01-02T03:04:05Z' };
    this.policies.unshift(stored);
    return stored;
  }

  close(): Promise<void> {
    return this.psp.close();
  }
}
