/** A payout that the run may make, to check orders. */
export interface TestPayout {
  amount: string;
  currency: string;
  sourceAccountId: string;
  destinationAccountId: string;
}
