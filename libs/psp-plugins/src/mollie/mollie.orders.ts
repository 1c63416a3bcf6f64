/**
 * Creates and finds orders: payouts of a balance to the organisation's own bank account, and draft transfers from a business account. Links the
 * rows of the journals to these orders.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isRefusal, MIRROR, PspError } from '@tributary/connector-api';
import type { Mirror, Order, OrderResult, Refusal, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { compactIban } from './mollie.beneficiaries.js';
import type { Payee } from './mollie.beneficiaries.js';
import { isBalanceId, MollieClient } from './mollie.client.js';
import type { Listed } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { isNameless } from './mollie.mapper.js';
import { OWNER } from './mollie.metadata-keys.js';
import { orderKeyIn } from './mollie.order-key.js';
import {
  isBefore,
  payoutOf,
  returnedPayoutOf,
  statusOfRow,
  toPayoutRequest,
  toPayoutResult,
} from './mollie.payouts.js';
import { draftOf, toDraftRequest, toDraftResult } from './mollie.transfers.js';
import type { Untied } from './mollie.ties.js';

@Injectable()
export class MollieOrders {
  constructor(
    private readonly settings: MollieSettings,
    private readonly client: MollieClient,
    @Inject(MIRROR) private readonly mirror: Mirror,
  ) {}

  create(order: Order): Promise<OrderResult> {
    return isBalanceId(order.sourceAccountId) ? this.payOut(order) : this.draftTransfer(order);
  }

  async find(order: Order): Promise<OrderResult | undefined> {
    if (isBalanceId(order.sourceAccountId)) {
      const payout = await this.findPayout(order);
      return payout && toPayoutResult(payout);
    }
    const draft = await this.findDraft(order);
    return draft && toDraftResult(draft);
  }

  /** Links settlements, and returns of settlements, to the payouts that were ordered through this gateway. */
  async nameSettlements(rows: readonly Untied[], balanceId: string): Promise<readonly Untied[]> {
    if (this.settings.payouts === 'off' || !rows.some(isOfSettlement)) return rows;
    const { rows: payouts } = await this.client.payouts(balanceId);
    const ordered = payouts.filter((payout) => keyOf(payout) !== undefined);
    return rows.map((row) => (isOfSettlement(row) ? namePayout(row, ordered) : row));
  }

  /** Links payouts without a description to approved draft transfers. Other payouts have the order's key in their description. */
  async nameTransfers(
    rows: readonly (Transaction | Refusal)[],
    accountIban: string,
  ): Promise<(Transaction | Refusal)[]> {
    if (this.settings.transfers === 'off' || !rows.some((row) => !isRefusal(row) && isNameless(row))) {
      return [...rows];
    }
    const { rows: drafts } = await this.client.draftTransfers();
    return rows.map((row) => {
      if (isRefusal(row) || !isNameless(row)) return row;
      const draft = draftOf(row, accountIban, drafts);
      const orderKey = draft && keyOf(draft);
      return orderKey === undefined ? row : { ...row, orderKey };
    });
  }

  private async payOut(order: Order): Promise<OrderResult> {
    if (this.settings.payouts === 'off') {
      throw rejected('payouts of balances are off; the setting "payouts" allows them');
    }
    const request = toPayoutRequest(order, this.settings.testmode);
    return toPayoutResult(await this.client.createPayout(request, order.key));
  }

  private async draftTransfer(order: Order): Promise<OrderResult> {
    if (this.settings.transfers === 'off') {
      throw rejected('transfers from business accounts are off; the setting "transfers" allows them');
    }
    const payee = await this.payeeOf(order.destinationAccountId);
    const account = await this.client.businessAccount(order.sourceAccountId);
    if (account === undefined) throw rejected(`Mollie has no business account ${order.sourceAccountId}`);
    const iban = account.text('accountDetails', 'iban');
    const request = toDraftRequest(order, iban, payee, this.settings.testmode);
    return toDraftResult(await this.client.createDraftTransfer(request, order.key));
  }

  private async payeeOf(beneficiaryId: string): Promise<Payee> {
    const set = this.settings.beneficiaries.find(({ iban }) => compactIban(iban) === beneficiaryId);
    if (set !== undefined) return { name: set.name, iban: beneficiaryId };
    const known = (await this.mirror.latest('beneficiaries', [beneficiaryId])).get(beneficiaryId)?.metadata;
    const [name, iban] = [known?.[`${OWNER}name`], known?.[`${OWNER}iban`]];
    if (name !== undefined && iban !== undefined) return { name, iban };
    throw rejected(
      `${beneficiaryId} has no IBAN: a business account pays beneficiaries that it has paid before, and those of the setting "beneficiaries"`,
    );
  }

  private async findPayout(order: Order): Promise<Json | undefined> {
    if (order.pspId !== undefined) return this.client.payout(order.pspId);
    return search(
      (from) => this.client.payouts(order.sourceAccountId, from),
      (payout) => keyOf(payout) === order.key,
      // The list is newest first, so it can end at the first payout that is older than the order.
      (payouts) => payouts.some((payout) => isBefore(payout, order)),
    );
  }

  /**
   * Finds a draft by id, then in the list. Mollie responds 404 for some drafts that are in its list. The document does not state the order of the
   * list, so it is read completely.
   */
  private async findDraft({ key, pspId }: Order): Promise<Json | undefined> {
    // An order can have the id of its transaction instead, if the transaction was seen before the draft.
    const draft = pspId?.startsWith('badrt_') ? await this.client.draftTransfer(pspId) : undefined;
    if (draft !== undefined) return draft;
    return search(
      (from) => this.client.draftTransfers(from),
      (each) => keyOf(each) === key || each.text('id') === pspId,
    );
  }
}

/**
 * Searches a list page by page.
 * @param isOver returns whether the pages after these rows need not be read
 */
async function search(
  read: (from?: string) => Promise<Listed>,
  fits: (row: Json) => boolean,
  isOver: (rows: readonly Json[]) => boolean = () => false,
): Promise<Json | undefined> {
  let from: string | undefined;
  do {
    const { rows, next }: Listed = await read(from);
    const found = rows.find(fits);
    if (found !== undefined) return found;
    from = isOver(rows) ? undefined : next;
  } while (from !== undefined);
  return undefined;
}

function keyOf(row: Json): string | undefined {
  return orderKeyIn(row.optionalText('description'));
}

function isOfSettlement({ alone, wantsId, tie }: Untied): boolean {
  return (alone.type === 'PAYOUT' && wantsId !== undefined) || tie?.type === 'PAYOUT';
}

function namePayout(row: Untied, payouts: readonly Json[]): Untied {
  const { alone, tie } = row;
  const payout = tie ? returnedPayoutOf(alone, payouts) : payoutOf(alone, payouts);
  if (payout === undefined) return row;
  const id = payout.text('id');
  // The order is already served as the row of its payout, so `linkTransactions` does not find that row. The link is set here.
  if (tie) return { tie, alone: { ...alone, type: tie.type, status: tie.status, relatedTransactionId: id } };
  const orderKey = keyOf(payout);
  const ofOrder = { ...alone, status: statusOfRow(payout), ...(orderKey === undefined ? {} : { orderKey }) };
  return { alone: ofOrder, wantsId: { id } };
}

function rejected(why: string): PspError {
  return new PspError('rejected', why);
}
