/**
 * The draft transfers of a `FakeMollie`. The API creates them, a person approves or declines them, and their execution appears in the
 * journal of the business account.
 */
import { isIBAN } from 'class-validator';
import { fakeRoute } from '@tributary/connector-api/testing';
import type { FakeResponse, FakeRequest, FakeRoute } from '@tributary/connector-api/testing';
import type { FakeBusinessAccount, FakeBusinessTransaction } from './fake-row-list.js';
import {
  toAmountJson,
  createErrorBody,
  DOCUMENTATION_LINK,
  NOT_FOUND_RESPONSE,
  formatSeconds,
} from './fake-responses.js';

const DRAFT_TRANSFERS_PATH = '/v2/business-accounts/draft-transfers';

export interface FakeDraftTransfer {
  id: string;
  key: string;
  debtorIban: string;
  creditor: { fullName: string; account: { iban: string } };
  /** The amount in minor units. */
  amount: number;
  description: string;
  status: 'pending-review' | 'approved' | 'declined';
  reason?: { code: 'deleted-by-creator' | 'declined-by-initiator' | 'account-closed'; message: string };
  /** The date on which the draft is to be executed: `YYYY-MM-DD`. */
  scheduledExecutionDate?: string;
  /** The time in milliseconds since 1970, like the next two properties. */
  createdAt: number;
  approvedAt?: number;
  declinedAt?: number;
  /** Whether the draft is in the list but cannot be requested by its id, like a draft that was created in Mollie's app. */
  isListOnly?: boolean;
}

/** The parts of a `FakeMollie` that its draft transfers use. */
interface DraftTransfersOwner {
  readonly businessAccounts: readonly FakeBusinessAccount[];
  now: () => number;
  nextNumber(): number;
  slicePage<Row extends { id: string }>(all: Row[], query: URLSearchParams): { rows: Row[]; next?: string };
  createListResponse<Row extends { id: string; odd?: object }>(
    member: string,
    page: { rows: Row[]; next?: string },
    toJson: (row: Row) => object,
  ): FakeResponse;
}

export class FakeDraftTransfers {
  /** All drafts, oldest first. */
  readonly all: FakeDraftTransfer[] = [];
  /** Whether every draft is approved by a person and executed by the bank immediately. */
  approvesImmediately = false;

  constructor(private readonly fake: DraftTransfersOwner) {}

  get routes(): FakeRoute[] {
    return [
      fakeRoute('GET', DRAFT_TRANSFERS_PATH, ({ query }) =>
        this.fake.createListResponse(
          'draft_transfers',
          this.fake.slicePage([...this.all].reverse(), query),
          toListedDraftJson,
        ),
      ),
      fakeRoute('POST', DRAFT_TRANSFERS_PATH, (request) => this.create(request)),
      fakeRoute('GET', `${DRAFT_TRANSFERS_PATH}/{id}`, ({ params }) => {
        const draft = this.all.find(({ id, isListOnly }) => id === params.id && !isListOnly);
        return draft === undefined ? NOT_FOUND_RESPONSE : { body: toDraftJson(draft) };
      }),
    ];
  }

  approve(draft: FakeDraftTransfer): void {
    draft.status = 'approved';
    draft.approvedAt = this.fake.now();
  }

  decline(draft: FakeDraftTransfer, reason: NonNullable<FakeDraftTransfer['reason']>): void {
    draft.status = 'declined';
    draft.reason = reason;
    if (reason.code === 'declined-by-initiator') draft.declinedAt = this.fake.now();
  }

  /** Executes an approved draft: its money leaves the account. */
  execute(draft: FakeDraftTransfer, more: Partial<FakeBusinessTransaction> = {}): FakeBusinessTransaction {
    const { fullName: name, account } = draft.creditor;
    const row: FakeBusinessTransaction = {
      id: `batr_${this.fake.nextNumber()}`,
      type: 'bank-transfer',
      amount: -draft.amount,
      createdAt: this.fake.now(),
      processed: true,
      description: draft.description,
      counterparty: { identifier: account.iban, name },
      ...more,
    };
    const debtor = this.fake.businessAccounts.find(({ iban }) => iban === draft.debtorIban);
    debtor?.journal.append(row);
    return row;
  }

  /** Creates a draft. For a repeated idempotency key, the first response is returned again. */
  private create({ body, headers }: FakeRequest): FakeResponse {
    const key = headers['idempotency-key'] ?? '';
    const known = this.all.find((draft) => draft.key === key);
    if (known !== undefined) return { status: 201, body: toDraftJson(known) };
    const { debtorIban, creditor, amount, description } = body as Pick<
      FakeDraftTransfer,
      'debtorIban' | 'creditor' | 'description'
    > & { amount: { currency: string; value: string } };
    const isOurs = this.fake.businessAccounts.some(({ iban }) => iban === debtorIban);
    if (!isOurs || !isIBAN(creditor.account.iban) || amount.currency !== 'EUR') {
      return { status: 422, body: createErrorBody(422) };
    }
    const draft: FakeDraftTransfer = {
      ...{ id: `badrt_fake${this.fake.nextNumber()}`, key, debtorIban, creditor, description },
      amount: Number(amount.value.replace('.', '')),
      status: 'pending-review',
      createdAt: this.fake.now(),
    };
    this.all.push(draft);
    if (this.approvesImmediately) {
      this.approve(draft);
      this.execute(draft);
    }
    return { status: 201, body: toDraftJson(draft) };
  }
}

/** Returns an IBAN with valid check digits. */
export function createFakeIban(number: number): string {
  const account = String(number).padStart(10, '0');
  // The check digits are computed from the bank code `MLLE`, the account, the country `NL` and `00`. Each letter is replaced by two digits.
  const rest = BigInt(`22212114${account}232100`) % 97n;
  return `NL${String(98n - rest).padStart(2, '0')}MLLE${account}`;
}

function toDraftJson(draft: FakeDraftTransfer): object {
  return {
    ...toListedDraftJson(draft),
    _links: { self: DOCUMENTATION_LINK, documentation: DOCUMENTATION_LINK },
  };
}

function toListedDraftJson(draft: FakeDraftTransfer): object {
  const { id, debtorIban, creditor, amount, description, status, reason } = draft;
  const { createdAt, approvedAt, declinedAt, scheduledExecutionDate } = draft;
  return {
    resource: 'business-account-draft-transfer',
    id,
    mode: 'live',
    debtor: { fullName: 'Acme B.V.', account: { iban: debtorIban } },
    creditor,
    amount: toAmountJson(amount, 'EUR'),
    description,
    scheduledExecutionDate: scheduledExecutionDate ?? null,
    status,
    statusReason: reason ?? null,
    createdAt: formatSeconds(createdAt),
    approvedAt: approvedAt === undefined ? null : formatSeconds(approvedAt),
    declinedAt: declinedAt === undefined ? null : formatSeconds(declinedAt),
    deletedAt: null,
    _links: { self: DOCUMENTATION_LINK },
  };
}
