/** The payout that the conformance run may execute to check orders. */
export interface TestPayout {
  amount: string;
  currency: string;
  sourceAccountId: string;
  destinationAccountId: string;
}
