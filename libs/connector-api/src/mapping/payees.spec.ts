import type { FeedReader } from '../plugin.js';
import { findPayee, takeNewBeneficiaries, toPayeeBeneficiary } from './payees.js';

const PAYEE = { name: 'Jan Jansen', iban: 'nl02 abna 0123-4567 89' };
const IBAN = 'NL02ABNA0123456789';

/** Creates a feed with the given beneficiaries. The feed remembers the ids for which it was asked. */
function createFeed(served: Readonly<Record<string, Record<string, string>>>) {
  const asked: string[][] = [];
  const feedReader: FeedReader = {
    findLatest: async (_stream, ids) => {
      asked.push([...ids]);
      return new Map(ids.flatMap((id) => (served[id] ? [[id, { metadata: served[id] }] as const] : [])));
    },
  };
  return { asked, feedReader };
}

it('a payee is the beneficiary of its IBAN, however that is written', () => {
  expect(toPayeeBeneficiary(PAYEE)).toEqual({
    id: IBAN,
    ownerName: 'Jan Jansen',
    metadata: {
      'com.formance.spec/owner/name': 'Jan Jansen',
      'com.formance.spec/owner/iban': IBAN,
      'com.formance.spec/owner/country': 'NL',
    },
  });
});

it('only a beneficiary that was neither listed nor served is new; a rejected one is always passed on', async () => {
  const { asked, feedReader } = createFeed({ served: {} });
  const listedIds = new Set(['listed']);
  const items = ['listed', 'served', 'new', 'new'].map((id) => ({ id, ownerName: id }));
  const rejected = { id: 'listed', reason: 'no name' };
  expect(await takeNewBeneficiaries([...items, rejected], listedIds, feedReader)).toEqual([
    { id: 'new', ownerName: 'new' },
    rejected,
  ]);
  expect(asked).toEqual([['served', 'new', 'new']]);
  expect(await takeNewBeneficiaries(items, listedIds, feedReader)).toEqual([]);
  expect(asked).toHaveLength(1);
});

it('the payee of a beneficiary is found in the settings, then in the feed', async () => {
  const metadata = { 'com.formance.spec/owner/name': 'Jan', 'com.formance.spec/owner/iban': IBAN };
  const { feedReader } = createFeed({ [IBAN]: metadata, other: { 'com.formance.spec/owner/name': 'Bank' } });
  expect(await findPayee(IBAN, [PAYEE], feedReader)).toEqual({ name: 'Jan Jansen', iban: IBAN });
  expect(await findPayee(IBAN, [], feedReader)).toEqual({ name: 'Jan', iban: IBAN });
  for (const id of ['other', 'absent']) expect(await findPayee(id, [PAYEE], feedReader)).toBeUndefined();
});
