/**
 * Lists whom payouts can pay. Adyen has no list of payees: they are those of the settings, and the transfer instruments and bank accounts that
 * were paid before. A transfer instrument is the bank account of an account holder.
 */
import {
  createOwnerMetadata,
  parseRows,
  pickMetadata,
  readText,
  takeNewBeneficiaries,
  toPayeeBeneficiary,
} from '@tributary/connector-api';
import type { Beneficiary, Cursor, Page } from '@tributary/connector-api';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import {
  convertStepsToPages,
  createCursorFormat,
  isTimeWindowsPosition,
  timeWindows,
} from '@tributary/connector-api/listing';
import { ADYEN_LISTS, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { readBankAccountId } from './adyen-balance-platform.mapper.js';
import { PLUGIN_NAME } from './adyen-balance-platform.vocabulary.js';

const HOUR_MS = 3_600_000;
const CURSOR_FORMAT = createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: isTimeWindowsPosition,
});
/** The bank account of a beneficiary in Adyen's own JSON, because a payout must repeat it. */
const BANK_ACCOUNT_KEY = 'bank_account';

export async function* listBeneficiaryPages(
  context: AdyenBalancePlatformContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Beneficiary>> {
  const { client, settings, feedReader } = context;
  const start = Date.parse(settings.since);
  const position = CURSOR_FORMAT.parse(since) ?? { at: start, span: ADYEN_LISTS.maxWindowMs };
  const configured = settings.beneficiaries.map(toPayeeBeneficiary);
  yield { items: configured, cursor: CURSOR_FORMAT.serialize(position) };
  const listedIds = new Set(configured.map(({ id }) => id));
  const options = {
    ...{ ...ADYEN_LISTS, start, overlapMs: HOUR_MS },
    fetchPage: (window: Parameters<typeof client.listTransfers>[0], signal: AbortSignal) =>
      client.listTransfers(window, signal, { category: 'bank' }),
  };
  const steps = timeWindows(options, position, context);
  yield* convertStepsToPages(steps, CURSOR_FORMAT, (rows) =>
    takeNewBeneficiaries(parseRows(rows, 'id', toBeneficiaries), listedIds, feedReader),
  );
}

/** Returns the beneficiary that a transfer paid; none for money that came in. */
function toBeneficiaries(transfer: Json): Beneficiary[] {
  const counterparty = transfer.at('counterparty');
  const bankAccount = counterparty.at('bankAccount');
  const [instrumentId, holder] = [
    readText(counterparty, 'transferInstrumentId'),
    bankAccount.at('accountHolder'),
  ];
  const bankAccountId = readBankAccountId(bankAccount.at('accountIdentification'));
  const id = instrumentId ?? bankAccountId;
  if (id === undefined || readText(transfer, 'direction') !== 'outgoing') return [];
  const owner = instrumentId === undefined ? holder : transfer.at('accountHolder');
  const ownerName = readText(owner, 'fullName') ?? readText(owner, 'description') ?? id;
  return [
    {
      ...{ id, ownerName },
      metadata: {
        ...createOwnerMetadata({
          name: ownerName,
          iban: readText(bankAccount, 'accountIdentification', 'iban'),
          accountNumber: readText(bankAccount, 'accountIdentification', 'accountNumber'),
          swiftBicCode: readText(bankAccount, 'accountIdentification', 'bic'),
          country: readText(holder, 'address', 'country'),
          city: readText(holder, 'address', 'city'),
          postalCode: readText(holder, 'address', 'postalCode'),
          addressLine1: readText(holder, 'address', 'line1'),
        }),
        ...pickMetadata(PLUGIN_NAME, transfer, { account_holder_id: ['accountHolder', 'id'] }),
        ...pickMetadata(PLUGIN_NAME, counterparty, { [BANK_ACCOUNT_KEY]: ['bankAccount'] }),
      },
    },
  ];
}

/** Returns the counterparty of a payout, as POST /transfers expects it. An id that is not a bank account is a transfer instrument. */
export async function findCounterparty(
  { settings, feedReader }: AdyenBalancePlatformContext,
  id: string,
): Promise<JsonBody> {
  const configured = settings.beneficiaries.map(toPayeeBeneficiary).find((payee) => payee.id === id);
  if (configured !== undefined) {
    const accountIdentification = { type: 'iban', iban: id };
    return { bankAccount: { accountHolder: { fullName: configured.ownerName }, accountIdentification } };
  }
  const served = await feedReader.findLatest('beneficiaries', [id]);
  const bankAccount = served.get(id)?.metadata[`com.${PLUGIN_NAME}.spec/${BANK_ACCOUNT_KEY}`];
  return bankAccount === undefined
    ? { transferInstrumentId: id }
    : { bankAccount: JSON.parse(bankAccount) as JsonBody };
}
