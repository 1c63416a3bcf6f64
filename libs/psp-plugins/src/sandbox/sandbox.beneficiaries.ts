/** Lists beneficiaries and converts them. */
import { createOwnerMetadata, parseRows, readText } from '@tributary/connector-api';
import type { Beneficiary, Cursor, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { createJsonRowReader, oldestFirst, convertStepsToPages } from '@tributary/connector-api/listing';
import { ROW_COUNT_CURSOR_FORMAT } from './sandbox.accounts.js';
import type { SandboxContext } from './sandbox.client.js';

export async function* listBeneficiaryPages(
  context: SandboxContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Beneficiary>> {
  const source = {
    ...createJsonRowReader('id', 'added'),
    fetchPage: (token: string | undefined, signal: AbortSignal) =>
      context.client.listBeneficiaries(token, signal),
  };
  const steps = oldestFirst(source, ROW_COUNT_CURSOR_FORMAT.parse(since), context);
  yield* convertStepsToPages(steps, ROW_COUNT_CURSOR_FORMAT, (rows) => parseRows(rows, 'id', toBeneficiary));
}

function toBeneficiary(row: Json): Beneficiary {
  const ownerName = row.string('holder');
  return {
    id: row.string('id'),
    ownerName,
    registeredAt: row.time('added'),
    metadata: createOwnerMetadata({
      name: ownerName,
      iban: readText(row, 'iban'),
      country: readText(row, 'country'),
    }),
  };
}
