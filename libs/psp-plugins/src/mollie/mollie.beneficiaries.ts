/**
 * Lists payees as beneficiaries. A balance is paid out to the organisation's own bank account. A business account can pay to any IBAN and
 * name, so its payees come from the settings and from earlier payments.
 */
import {
  createPspMetadata,
  createOwnerMetadata,
  parseRows,
  readText,
  takeNewBeneficiaries,
  toPayeeBeneficiary,
} from '@tributary/connector-api';
import type { Beneficiary, Cursor, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listJournals, convertStepsToPages } from '@tributary/connector-api/listing';
import { parsePayees } from './mollie.mapper.js';
import { findJournals, JOURNALS_CURSOR_FORMAT, type MollieContext } from './mollie.transactions.js';
import { getBankAccountId } from './mollie.vocabulary.js';

/** The cursor of an older version of the plugin, which listed only the bank accounts of the balances. */
const OLD_CURSOR: Cursor = 'whole';

export async function* listBeneficiaryPages(
  context: MollieContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Beneficiary>> {
  const { client, settings, feedReader } = context;
  const start = JOURNALS_CURSOR_FORMAT.parse(since === OLD_CURSOR ? undefined : since) ?? {};
  const configured = settings.beneficiaries.map(toPayeeBeneficiary);
  const own = parseRows(await client.listAccounts('balances'), 'id', toOwnBankAccounts);
  yield { items: [...own, ...configured], cursor: JOURNALS_CURSOR_FORMAT.serialize(start) };
  const listedIds = new Set(configured.map(({ id }) => id));
  const steps = listJournals(await findJournals(context, 'businessAccounts'), start, context);
  yield* convertStepsToPages(steps, JOURNALS_CURSOR_FORMAT, (rows) => {
    const paid = parseRows(rows, 'id', (row) => parsePayees(row).map(toPayeeBeneficiary));
    return takeNewBeneficiaries(paid, listedIds, feedReader);
  });
}

/** Returns the organisation's own bank account to which a balance is paid out. The result is empty if no bank account is set up. */
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
