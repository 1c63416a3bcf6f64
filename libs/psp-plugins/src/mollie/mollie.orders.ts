/**
 * Creates and finds orders: payouts of a balance to the organisation's own bank account, and draft transfers from a business account. Links the
 * rows of the journals to these orders.
 */
import { Inject, Injectable } from '@nestjs/common';
import { isRejectedRecord, FEED_READER, PspError } from '@tributary/connector-api';
import type { FeedReader, Order, OrderResult, RejectedRecord, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { normalizeIban } from './mollie.beneficiaries.js';
import type { Payee } from './mollie.beneficiaries.js';
import { isBalanceId, MollieClient } from './mollie.client.js';
import type { ListPage } from './mollie.client.js';
import { MollieSettings } from './mollie.config.js';
import { isPayoutWithoutDescription } from './mollie.mapper.js';
import { OWNER_METADATA_PREFIX } from './mollie.metadata-keys.js';
import { extractOrderKey } from './mollie.description-key.js';
import {
  isCreatedBefore,
  findPayoutOfSettlement,
  findReturnedPayout,
  toPayoutRowStatus,
  toPayoutRequest,
  toPayoutResult,
} from './mollie.payouts.js';
import { findDraftOfMovement, toDraftRequest, toDraftResult } from './mollie.transfers.js';
import type { UnlinkedTransaction } from './mollie.ties.js';

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
  async linkTransfersToOrders(
    rows: readonly (Transaction | RejectedRecord)[],
    accountIban: string,
  ): Promise<(Transaction | RejectedRecord)[]> {
    if (
      this.settings.transfers === 'off' ||
      !rows.some((row) => !isRejectedRecord(row) && isPayoutWithoutDescription(row))
    ) {
      return [...rows];
    }
    const { rows: drafts } = await this.client.listDraftTransfers();
    return rows.map((row) => {
      if (isRejectedRecord(row) || !isPayoutWithoutDescription(row)) return row;
      const draft = findDraftOfMovement(row, accountIban, drafts);
      const orderKey = draft && getOrderKey(draft);
      return orderKey === undefined ? row : { ...row, orderKey };
    });
  }

  private async createPayout(order: Order): Promise<OrderResult> {
    if (this.settings.payouts === 'off') {
      throw createRejectedError('payouts of balances are off; the setting "payouts" allows them');
    }
    const request = toPayoutRequest(order, this.settings.testmode);
    return toPayoutResult(await this.client.createPayout(request, order.idempotencyKey));
  }

  private async createDraftTransfer(order: Order): Promise<OrderResult> {
    if (this.settings.transfers === 'off') {
      throw createRejectedError(
        'transfers from business accounts are off; the setting "transfers" allows them',
      );
    }
    const payee = await this.resolvePayee(order.destinationAccountId);
    const account = await this.client.getBusinessAccount(order.sourceAccountId);
    if (account === undefined)
      throw createRejectedError(`Mollie has no business account ${order.sourceAccountId}`);
    const iban = account.string('accountDetails', 'iban');
    const request = toDraftRequest(order, iban, payee, this.settings.testmode);
    return toDraftResult(await this.client.createDraftTransfer(request, order.idempotencyKey));
  }

  private async resolvePayee(beneficiaryId: string): Promise<Payee> {
    const set = this.settings.beneficiaries.find(({ iban }) => normalizeIban(iban) === beneficiaryId);
    if (set !== undefined) return { name: set.name, iban: beneficiaryId };
    const known = (await this.feedReader.findLatest('beneficiaries', [beneficiaryId])).get(
      beneficiaryId,
    )?.metadata;
    const [name, iban] = [known?.[`${OWNER_METADATA_PREFIX}name`], known?.[`${OWNER_METADATA_PREFIX}iban`]];
    if (name !== undefined && iban !== undefined) return { name, iban };
    throw createRejectedError(
      `${beneficiaryId} has no IBAN: a business account pays beneficiaries that it has paid before, and those of the setting "beneficiaries"`,
    );
  }

  private async findPayout(order: Order): Promise<Json | undefined> {
    if (order.pspId !== undefined) return this.client.getPayout(order.pspId);
    return searchList(
      (from) => this.client.listPayouts(order.sourceAccountId, from),
      (payout) => getOrderKey(payout) === order.idempotencyKey,
      // The list is newest first, so it can end at the first payout that is older than the order.
      (payouts) => payouts.some((payout) => isCreatedBefore(payout, order)),
    );
  }

  /**
   * Finds a draft by id, then in the list. Mollie responds 404 for some drafts that are in its list. The document does not state the order of the
   * list, so it is read completely.
   */
  private async findDraft({ idempotencyKey, pspId }: Order): Promise<Json | undefined> {
    // An order can have the id of its transaction instead, if the transaction was seen before the draft.
    const draft = pspId?.startsWith('badrt_') ? await this.client.getDraftTransfer(pspId) : undefined;
    if (draft !== undefined) return draft;
    return searchList(
      (from) => this.client.listDraftTransfers(from),
      (each) => getOrderKey(each) === idempotencyKey || each.string('id') === pspId,
    );
  }
}

/**
 * Searches a list page by page.
 * @param isOver returns whether the pages after these rows need not be read
 */
async function searchList(
  read: (from?: string) => Promise<ListPage>,
  matches: (row: Json) => boolean,
  isOver: (rows: readonly Json[]) => boolean = () => false,
): Promise<Json | undefined> {
  let from: string | undefined;
  do {
    const { rows, next }: ListPage = await read(from);
    const found = rows.find(matches);
    if (found !== undefined) return found;
    from = isOver(rows) ? undefined : next;
  } while (from !== undefined);
  return undefined;
}

function getOrderKey(row: Json): string | undefined {
  return extractOrderKey(row.optionalString('description'));
}

function isSettlement({ transaction, preferredId, link }: UnlinkedTransaction): boolean {
  return (transaction.type === 'PAYOUT' && preferredId !== undefined) || link?.type === 'PAYOUT';
}

function linkPayout(row: UnlinkedTransaction, payouts: readonly Json[]): UnlinkedTransaction {
  const { transaction, link } = row;
  const payout = link
    ? findReturnedPayout(transaction, payouts)
    : findPayoutOfSettlement(transaction, payouts);
  if (payout === undefined) return row;
  const id = payout.string('id');
  // The order is already served as the row of its payout, so `linkTransactions` does not find that row. The link is set here.
  if (link)
    return {
      link,
      transaction: { ...transaction, type: link.type, status: link.status, relatedTransactionId: id },
    };
  const orderKey = getOrderKey(payout);
  return {
    transaction: {
      ...transaction,
      status: toPayoutRowStatus(payout),
      ...(orderKey === undefined ? {} : { orderKey }),
    },
    preferredId: { id },
  };
}

function createRejectedError(reason: string): PspError {
  return new PspError('rejected', reason);
}
