/**
 * Creates and finds orders: payouts of a balance to the organisation's own bank account, and draft transfers from a business account. Links the
 * rows of the journals to these orders.
 */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER, isRejectedRecord, PspError, readText } from '@tributary/connector-api';
import type { FeedReader, Order, OrderResult, RejectedRecord, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { readPages } from '@tributary/connector-api/listing';
import { MollieClient } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import type { UnlinkedTransaction } from './mollie.mapper.js';
import {
  findPayoutOfSettlement,
  findReturnedPayout,
  isCreatedBefore,
  toPayoutRequest,
  toPayoutResult,
  toPayoutRowStatus,
} from './mollie.payouts.js';
import { findDraftOfMovement, toDraftRequest, toDraftResult } from './mollie.transfers.js';
import {
  DESCRIPTION_KEY,
  extractOrderKey,
  isBalanceId,
  normalizeIban,
  OWNER_METADATA_PREFIX,
} from './mollie.types.js';
import type { Payee } from './mollie.types.js';

type TransactionItem = Transaction | RejectedRecord;

@Injectable()
export class MollieOrders {
  constructor(
    private readonly settings: MollieSettings,
    private readonly client: MollieClient,
    @Inject(FEED_READER) private readonly feedReader: FeedReader,
  ) {}

  create(order: Order): Promise<OrderResult> {
    return isBalanceId(order.sourceAccountId) ? this.createPayout(order) : this.createDraftTransfer(order);
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
  async linkSettlementsToOrders(
    rows: readonly UnlinkedTransaction[],
    balanceId: string,
  ): Promise<readonly UnlinkedTransaction[]> {
    if (this.settings.payouts === 'off' || !rows.some(isSettlement)) return rows;
    const { rows: payouts } = await this.client.listPayouts(balanceId);
    const ordered = payouts.filter((payout) => getOrderKey(payout) !== undefined);
    return rows.map((row) => (isSettlement(row) ? linkPayout(row, ordered) : row));
  }

  /** Links payouts without a description to approved draft transfers. Other payouts have the order's key in their description. */
  async linkTransfersToOrders(items: TransactionItem[], accountIban: string): Promise<TransactionItem[]> {
    if (this.settings.transfers === 'off' || !items.some(isPayoutWithoutDescription)) return items;
    const { rows: drafts } = await this.client.listDraftTransfers();
    return items.map((item) => {
      const draft = isPayoutWithoutDescription(item) && findDraftOfMovement(item, accountIban, drafts);
      const orderKey = draft ? getOrderKey(draft) : undefined;
      return orderKey === undefined ? item : { ...item, orderKey };
    });
  }

  private async createPayout(order: Order): Promise<OrderResult> {
    if (this.settings.payouts === 'off')
      throw new PspError('rejected', 'payouts of balances are off; the setting "payouts" allows them');
    return toPayoutResult(await this.client.createPayout(toPayoutRequest(order), order.idempotencyKey));
  }

  private async createDraftTransfer(order: Order): Promise<OrderResult> {
    const { sourceAccountId, destinationAccountId, idempotencyKey } = order;
    if (this.settings.transfers === 'off') {
      throw new PspError(
        'rejected',
        'transfers from business accounts are off; the setting "transfers" allows them',
      );
    }
    const payee = await this.resolvePayee(destinationAccountId);
    const account = await this.client.getBusinessAccount(sourceAccountId);
    if (account === undefined)
      throw new PspError('rejected', `Mollie has no business account ${sourceAccountId}`);
    const request = toDraftRequest(order, account.string('accountDetails', 'iban'), payee);
    return toDraftResult(await this.client.createDraftTransfer(request, idempotencyKey));
  }

  private async resolvePayee(beneficiaryId: string): Promise<Payee> {
    const configured = this.settings.beneficiaries.find(({ iban }) => normalizeIban(iban) === beneficiaryId);
    if (configured !== undefined) return { name: configured.name, iban: beneficiaryId };
    const served = await this.feedReader.findLatest('beneficiaries', [beneficiaryId]);
    const { metadata } = served.get(beneficiaryId) ?? {};
    const [name, iban] = ['name', 'iban'].map((key) => metadata?.[OWNER_METADATA_PREFIX + key]);
    if (name !== undefined && iban !== undefined) return { name, iban };
    throw new PspError(
      'rejected',
      `${beneficiaryId} has no IBAN: a business account pays beneficiaries that it has paid before, and those of the setting "beneficiaries"`,
    );
  }

  private async findPayout(order: Order): Promise<Json | undefined> {
    if (order.pspId !== undefined) return this.client.getPayout(order.pspId);
    for await (const payouts of readPages((from) => this.client.listPayouts(order.sourceAccountId, from))) {
      const found = payouts.find((payout) => getOrderKey(payout) === order.idempotencyKey);
      // The list is newest first, so it can end at the first payout that is older than the order.
      if (found !== undefined || payouts.some((payout) => isCreatedBefore(payout, order))) return found;
    }
    return undefined;
  }

  /**
   * Finds a draft by id, then in the list. Mollie responds 404 for some drafts that are in its list. The document does not state the order of the
   * list, so it is read completely.
   */
  private async findDraft({ idempotencyKey, pspId }: Order): Promise<Json | undefined> {
    // An order can have the id of its transaction instead, if the transaction was seen before the draft.
    const draft = pspId?.startsWith('badrt_') ? await this.client.getDraftTransfer(pspId) : undefined;
    if (draft !== undefined) return draft;
    for await (const drafts of readPages((from) => this.client.listDraftTransfers(from))) {
      const found = drafts.find(
        (one) => getOrderKey(one) === idempotencyKey || readText(one, 'id') === pspId,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

function getOrderKey(created: Json): string | undefined {
  return extractOrderKey(readText(created, 'description'));
}

/** Returns whether a payout has a payee but no description, in which the order's key would be. */
function isPayoutWithoutDescription(item: TransactionItem): item is Transaction {
  if (isRejectedRecord(item)) return false;
  const { type, destinationAccountId, metadata } = item;
  return type === 'PAYOUT' && destinationAccountId !== undefined && metadata?.[DESCRIPTION_KEY] === undefined;
}

function isSettlement({ row, preferredId, linked }: UnlinkedTransaction): boolean {
  return (row.type === 'PAYOUT' && preferredId !== undefined) || linked?.type === 'PAYOUT';
}

function linkPayout(unlinked: UnlinkedTransaction, payouts: readonly Json[]): UnlinkedTransaction {
  const { row, linked } = unlinked;
  const payout = linked ? findReturnedPayout(row, payouts) : findPayoutOfSettlement(row, payouts);
  if (payout === undefined) return unlinked;
  const id = payout.string('id');
  // The order is already served as the row of its payout, so `linkTransactions` does not find that row. The link is set here.
  if (linked) return { row: { ...linked, relatedTransactionId: id } };
  const orderKey = getOrderKey(payout);
  const status = toPayoutRowStatus(payout);
  return { row: { ...row, status, ...(orderKey !== undefined && { orderKey }) }, preferredId: id };
}
