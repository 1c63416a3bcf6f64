/** Reads the entries of the earlier version of a corrected statement, from the file of the earlier version. */
import { checkFile } from '../checking/file-check.js';
import { ItemToMatchFactory } from '../matching/matching-input.js';
import type { ItemToMatch } from '../matching/matching-input.js';
import type { ReadOtherFile } from '../pulling/pull-directory.js';
import { StatementError } from '../statements/statement.types.js';
import type { ChainLink } from './statement-chain.js';
import { createChainLinks } from './create-chain-links.js';

/**
 * The maximum number of entries of a correction that is compared with the earlier version. For a larger statement, the plugin only reports
 * that there is a correction.
 */
const MAX_ENTRIES = 20_000;

/**
 * Returns the booked entries of the earlier version.
 * @returns `undefined` if the file no longer exists, has changed or has too many entries
 */
export async function readFormerVersion(
  { slot, content, identity, file }: ChainLink,
  readOther: ReadOtherFile,
): Promise<ItemToMatch[] | undefined> {
  const other = await readOther(file);
  if (!other) return undefined;
  try {
    const { statements, keyCounts } = await checkFile(other.parts());
    const index = statements.findIndex((statement) =>
      createChainLinks(statement, file).some(({ link }) => link.slot === slot && link.content === content),
    );
    const statement = statements[index];
    if (!statement) return undefined;
    const factory = new ItemToMatchFactory({ ...statement, identity }, index, keyCounts);
    const items: ItemToMatch[] = [];
    let current = -1;
    for await (const part of other.parts()) {
      if (part.part === 'start') current++;
      if (current > index) break;
      if (part.part !== 'entry' || current !== index) continue;
      const item = factory.create(part);
      if (item.isFinal) items.push(item);
      if (items.length > MAX_ENTRIES) return undefined;
    }
    return items;
  } catch (error) {
    if (error instanceof StatementError) return undefined;
    throw error;
  } finally {
    await other.close();
  }
}
