/**
 * Lists payees as beneficiaries. A balance pays to the organisation's own bank account, a business account to every IBAN with a name: those of
 * the settings, and those that it has paid before.
 */
import {
  createPspMetadata,
  createOwnerMetadata,
  normalizeIban,
  isRejectedRecord,
  parseRows,
  readText,
  takeValidRecords,
} from '@tributary/connector-api';
import type { Beneficiary, Cursor, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { mergeListings, toPages } from '@tributary/connector-api/listing';
import { parsePayee } from './mollie.mapper.js';
import { JOURNALS_CURSOR, listJournals } from './mollie.transactions.js';
import type { MollieContext } from './mollie.transactions.js';
import { getBankAccountId } from './mollie.types.js';
import type { Payee } from './mollie.types.js';

/** The cursor of an older plugin version, which listed only the bank accounts of the balances. */
const OLD_CURSOR: Cursor = 'whole';

export async function* listBeneficiaryPages(
  context: MollieContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Beneficiary>> {
  const start = JOURNALS_CURSOR.parse(since === OLD_CURSOR ? undefined : since) ?? {};
  const configured = context.settings.beneficiaries.map(toBeneficiary);
  const own = parseRows(await context.client.listAccounts('balances'), 'id', toOwnBankAccounts);
  yield { items: [...own, ...configured], cursor: JOURNALS_CURSOR.serialize(start) };
  const listedIds = new Set(configured.map(({ id }) => id));
  const steps = mergeListings(await listJournals(context, 'businessAccounts'), start);
  yield* toPages(steps, JOURNALS_CURSOR, (rows) => findNewPayees(rows, listedIds, context));
}

/**
 * Returns the payees of these rows that are not served yet. Clients keep the first version of a beneficiary, so another spelling of its name is
 * not served.
 * @param listedIds ids that were listed already; new ids are added
 */
async function findNewPayees(
  rows: readonly Json[],
  listedIds: Set<string>,
  { feedReader }: MollieContext,
): Promise<Page<Beneficiary>['items']> {
  const paid = parseRows(rows, 'id', (row) => {
    const payee = parsePayee(row);
    return payee === undefined || listedIds.has(payee.iban) ? [] : toBeneficiary(payee);
  });
  const ids = takeValidRecords(paid).map(({ id }) => id);
  const served = ids.length === 0 ? new Map() : await feedReader.findLatest('beneficiaries', ids);
  return paid.filter((one) => {
    if (isRejectedRecord(one)) return true;
    const isNew = !listedIds.has(one.id) && !served.has(one.id);
    listedIds.add(one.id);
    return isNew;
  });
}

/** Returns the organisation's own bank account to which a balance is paid out; nothing when it is not set up. */
function toOwnBankAccounts(balance: Json): Beneficiary[] {
  const destination = balance.optionalObject('transferDestination');
  if (destination === undefined) return [];
  const id = balance.string('id');
  const ownerName =
    readText(destination, 'beneficiaryName') ?? readText(balance, 'description') ?? 'bank account';
  const metadata = {
    ...createPspMetadata('mollie', { balance_id: id, destination_type: readText(destination, 'type') }),
    ...createOwnerMetadata({ name: ownerName, accountNumber: readText(destination, 'bankAccount') }),
  };
  return [{ id: getBankAccountId(id), ownerName, metadata }];
}

/** Creates a beneficiary whose id is its IBAN, so that two payees with one IBAN are the same beneficiary. */
function toBeneficiary({ name, iban: written }: Payee): Beneficiary {
  const iban = normalizeIban(written);
  const metadata = createOwnerMetadata({ name, iban, country: iban.slice(0, 2) });
  return { id: iban, ownerName: name, metadata };
}
