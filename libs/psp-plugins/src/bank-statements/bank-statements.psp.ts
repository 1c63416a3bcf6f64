/** The plugin: lists bank statements from a directory. It cannot create payments. */
import { Inject, Injectable } from '@nestjs/common';
import { MIRROR } from '@tributary/connector-api';
import type {
  Account,
  Beneficiary,
  Cursor,
  Mirror,
  Page,
  Psp,
  Stream,
  Transaction,
} from '@tributary/connector-api';
import { AccountListing } from './accounts.js';
import { BankStatementsSettings } from './bank-statements.config.js';
import { BeneficiaryListing } from './beneficiaries.js';
import { Progress } from './cursor.js';
import { LocalTime } from './local-time.js';
import { pull } from './pull.js';
import { TransactionListing } from './transactions.js';
import { watchDirectory } from './watch.js';

@Injectable()
export class BankStatements implements Psp {
  private readonly time: LocalTime;

  constructor(
    private readonly settings: BankStatementsSettings,
    @Inject(MIRROR) private readonly mirror: Mirror,
  ) {
    this.time = new LocalTime(settings.timeZone);
  }

  accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    const progress = Progress.from(since);
    return pull(this.settings.directory, progress, new AccountListing(this.mirror, this.time, progress));
  }

  beneficiaries(since?: Cursor): AsyncIterable<Page<Beneficiary>> {
    return pull(this.settings.directory, Progress.from(since), new BeneficiaryListing(this.mirror));
  }

  transactions(since?: Cursor): AsyncIterable<Page<Transaction>> {
    const progress = Progress.from(since);
    return pull(this.settings.directory, progress, new TransactionListing(this.mirror, this.time, progress));
  }

  /**
   * Reports changes of the directory. Ends at once where the system cannot watch (network file systems);
   * scheduled pulls still find new files.
   */
  watch(signal: AbortSignal): AsyncIterable<Stream[]> {
    return watchDirectory(this.settings.directory, signal);
  }
}
