import { comparePayments, type ServedRow, type StoredPayment } from './compare-payments.js';

const CREATED = '2026-03-01T10:00:00.000Z';
const REFUNDED = '2026-03-02T10:00:00.000Z';

const rows: readonly ServedRow[] = [
  { id: 'p', createdAt: CREATED, type: 'PAYIN', status: 'PENDING', amount: '1000', currency: 'EUR/2' },
  { id: 'p', createdAt: CREATED, type: 'PAYIN', status: 'SUCCEEDED', amount: '1000', currency: 'EUR/2' },
  {
    ...{ id: 'r', relatedTransactionID: 'p', createdAt: REFUNDED },
    ...{ type: 'PAYIN', status: 'REFUNDED', amount: '300', currency: 'EUR/2' },
  },
];

/** The payment that Formance created from the rows. */
const stored: StoredPayment = {
  ...{ id: 'id', reference: 'p', type: 'PAY-IN', asset: 'EUR/2', status: 'REFUNDED' },
  ...{ initialAmount: 1000n, amount: 700n },
  adjustments: [
    { reference: 'p', createdAt: '2026-03-01T10:00:00Z', status: 'PENDING' },
    { reference: 'p', createdAt: '2026-03-01T10:00:00Z', status: 'SUCCEEDED' },
    { reference: 'r', createdAt: '2026-03-02T10:00:00Z', status: 'REFUNDED' },
  ],
};

it('finds no difference between rows and the payment that Formance makes of them', () => {
  expect(comparePayments(rows, [stored])).toEqual([]);
});

it('expects the same payment if a refund comes before its original', () => {
  const [pending, succeeded, refund] = rows as [ServedRow, ServedRow, ServedRow];
  expect(comparePayments([refund, pending, succeeded], [stored])).toEqual([]);
  expect(comparePayments(rows, [{ ...stored, initialAmount: 300n, amount: 0n }])).toEqual([
    'p PAY-IN: initialAmount 300 instead of 1000',
    'p PAY-IN: amount 0 instead of 700',
  ]);
});

it('names what is missing, doubled, different, and in Formance only', () => {
  expect(comparePayments(rows, [])).toEqual(['p PAY-IN: not in Formance']);
  expect(comparePayments(rows, [stored, stored])).toEqual(['p PAY-IN: 2 times in Formance']);
  expect(comparePayments([], [stored])).toEqual(['p PAY-IN: in Formance only']);
  expect(comparePayments(rows, [{ ...stored, status: 'SUCCEEDED', asset: 'USD/2' }])).toEqual([
    'p PAY-IN: asset USD/2 instead of EUR/2',
    'p PAY-IN: status SUCCEEDED instead of REFUNDED',
  ]);
  const [first, , last] = stored.adjustments;
  const other = { reference: 'x', createdAt: CREATED, status: 'PENDING' };
  const differences = comparePayments(rows, [{ ...stored, adjustments: [first!, last!, last!, other] }]);
  expect(differences).toEqual([
    expect.stringMatching(/^p PAY-IN: the adjustment p .* SUCCEEDED is missing$/),
    expect.stringMatching(/^p PAY-IN: the adjustment x .* PENDING is in Formance only$/),
    'p PAY-IN: an adjustment is there twice',
  ]);
});

it('adds captures to an authorised amount, and a reversed refund to the amount', () => {
  const row = { createdAt: CREATED, type: 'PAYIN', currency: 'EUR/2' };
  const toAdjustment = ({ id, createdAt, status }: ServedRow) => ({ reference: id, createdAt, status });
  const authorised: ServedRow[] = [
    { ...row, id: 'p', status: 'AUTHORISATION', amount: '1000' },
    { ...row, id: 'c', relatedTransactionID: 'p', status: 'CAPTURE', amount: '400' },
  ];
  const capture = { ...stored, amount: 400n, status: 'CAPTURE', adjustments: authorised.map(toAdjustment) };
  expect(comparePayments(authorised, [capture])).toEqual([]);
  expect(comparePayments(authorised, [{ ...capture, amount: 1400n }])).toEqual([
    'p PAY-IN: amount 1400 instead of 400',
  ]);
  const refunded: ServedRow[] = [
    { ...row, id: 'p', status: 'SUCCEEDED', amount: '1000' },
    { ...row, id: 'r', relatedTransactionID: 'p', status: 'REFUNDED', amount: '300' },
    { ...row, id: 'b', relatedTransactionID: 'p', status: 'REFUND_REVERSED', amount: '100' },
  ];
  const reversal = {
    ...{ ...stored, amount: 800n, status: 'REFUND_REVERSED' },
    adjustments: refunded.map(toAdjustment),
  };
  expect(comparePayments(refunded, [reversal])).toEqual([]);
});
