/** The draft transfers of a `FakeMollie`. The API creates them, a person decides on them, and the journal of the business account executes them. */
import { isIBAN } from 'class-validator';
import { route } from '@tributary/connector-api/testing';
import type { FakeAnswer, FakeRequest, FakeRoute } from '@tributary/connector-api/testing';
import type { FakeBusinessAccount, FakeBusinessRow } from './mollie.journal.fake.js';
import { amountJson, errorBody, LINK, notFound, seconds } from './mollie.responses.fake.js';

const PATH = '/v2/business-accounts/draft-transfers';

export interface FakeDraft {
  id: string;
  key: string;
  debtorIban: string;
  creditor: { fullName: string; account: { iban: string } };
  /** Amount in minor units. */
  amount: number;
  description: string;
  status: 'pending-review' | 'approved' | 'declined';
  reason?: { code: 'deleted-by-creator' | 'declined-by-initiator' | 'account-closed'; message: string };
  /** `YYYY-MM-DD` */
  scheduledExecutionDate?: string;
  /** Milliseconds since 1970, as are the next two. */
  createdAt: number;
  approvedAt?: number;
  declinedAt?: number;
  /** Whether the draft is in the list but cannot be read by its id, like a draft that was created in the app. */
  onlyListed?: boolean;
}

/** The parts of a `FakeMollie` that its draft transfers use. */
interface DraftsOwner {
  readonly businessAccounts: readonly FakeBusinessAccount[];
  now: () => number;
  next(): number;
  slice<Row extends { id: string }>(all: Row[], query: URLSearchParams): { rows: Row[]; next?: string };
  list<Row extends { id: string; odd?: object }>(
    member: string,
    page: { rows: Row[]; next?: string },
    toJson: (row: Row) => object,
  ): FakeAnswer;
}

export class FakeDrafts {
  /** Oldest first. */
  readonly all: FakeDraft[] = [];
  /** Whether a person approves and the bank executes every draft immediately. */
  approvesAtOnce = false;

  constructor(private readonly fake: DraftsOwner) {}

  get routes(): FakeRoute[] {
    return [
      route('GET', PATH, ({ query }) =>
        this.fake.list('draft_transfers', this.fake.slice([...this.all].reverse(), query), listedJson),
      ),
      route('POST', PATH, (request) => this.create(request)),
      route('GET', `${PATH}/{id}`, ({ params }) => {
        const draft = this.all.find(({ id, onlyListed }) => id === params.id && !onlyListed);
        return draft === undefined ? notFound : { body: draftJson(draft) };
      }),
    ];
  }

  approve(draft: FakeDraft): void {
    draft.status = 'approved';
    draft.approvedAt = this.fake.now();
  }

  decline(draft: FakeDraft, reason: NonNullable<FakeDraft['reason']>): void {
    draft.status = 'declined';
    draft.reason = reason;
    if (reason.code === 'declined-by-initiator') draft.declinedAt = this.fake.now();
  }

  /** Executes an approved draft: its money leaves the account. */
  execute(draft: FakeDraft, more: Partial<FakeBusinessRow> = {}): FakeBusinessRow {
    const { fullName: name, account } = draft.creditor;
    const row: FakeBusinessRow = {
      id: `batr_${this.fake.next()}`,
      type: 'bank-transfer',
      amount: -draft.amount,
      createdAt: this.fake.now(),
      processed: true,
      description: draft.description,
      counterparty: { identifier: account.iban, name },
      ...more,
    };
    const debtor = this.fake.businessAccounts.find(({ iban }) => iban === draft.debtorIban);
    debtor?.journal.add(row);
    return row;
  }

  /** Creates a draft. A repeat with a known idempotency key gets the first response again. */
  private create({ body, headers }: FakeRequest): FakeAnswer {
    const key = headers['idempotency-key'] ?? '';
    const known = this.all.find((draft) => draft.key === key);
    if (known !== undefined) return { status: 201, body: draftJson(known) };
    const { debtorIban, creditor, amount, description } = body as Pick<
      FakeDraft,
      'debtorIban' | 'creditor' | 'description'
    > & { amount: { currency: string; value: string } };
    const isOurs = this.fake.businessAccounts.some(({ iban }) => iban === debtorIban);
    if (!isOurs || !isIBAN(creditor.account.iban) || amount.currency !== 'EUR') {
      return { status: 422, body: errorBody(422) };
    }
    const draft: FakeDraft = {
      ...{ id: `badrt_fake${this.fake.next()}`, key, debtorIban, creditor, description },
      amount: Number(amount.value.replace('.', '')),
      status: 'pending-review',
      createdAt: this.fake.now(),
    };
    this.all.push(draft);
    if (this.approvesAtOnce) {
      this.approve(draft);
      this.execute(draft);
    }
    return { status: 201, body: draftJson(draft) };
  }
}

/** Returns an IBAN with valid check digits. */
export function fakeIban(number: number): string {
  const account = String(number).padStart(10, '0');
  // `MLLE`, `NL` and `00`, with each letter as two digits.
  const rest = BigInt(`22212114${account}232100`) % 97n;
  return `NL${String(98n - rest).padStart(2, '0')}MLLE${account}`;
}

function draftJson(draft: FakeDraft): object {
  return { ...listedJson(draft), _links: { self: LINK, documentation: LINK } };
}

function listedJson(draft: FakeDraft): object {
  const { id, debtorIban, creditor, amount, description, status, reason } = draft;
  const { createdAt, approvedAt, declinedAt, scheduledExecutionDate } = draft;
  return {
    resource: 'business-account-draft-transfer',
    id,
    mode: 'live',
    debtor: { fullName: 'Acme B.V.', account: { iban: debtorIban } },
    creditor,
    amount: amountJson(amount, 'EUR'),
    description,
    scheduledExecutionDate: scheduledExecutionDate ?? null,
    status,
    statusReason: reason ?? null,
    createdAt: seconds(createdAt),
    approvedAt: approvedAt === undefined ? null : seconds(approvedAt),
    declinedAt: declinedAt === undefined ? null : seconds(declinedAt),
    deletedAt: null,
    _links: { self: LINK },
  };
}
