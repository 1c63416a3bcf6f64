/** The plugin's client: it lists bank statements from a directory. It cannot create payments. */
import { Inject, Injectable } from '@nestjs/common';
import { FEED_READER } from '@tributary/connector-api';
import type {
  Account,
  Beneficiary,
  Cursor,
  FeedReader,
  Page,
  PspClient,
  Stream,
  Transaction,
} from '@tributary/connector-api';
import { AccountExtractor } from './account-extractor.js';
import { BankStatementsSettings } from './bank-statements.config.js';
import { BeneficiaryExtractor } from './beneficiary-extractor.js';
import { ParsedFiles } from './pulling/parsed-files.js';
import { PullProgress } from './pulling/pull-progress.js';
import { LocalTimeParser } from './statements/local-time-parser.js';
import { SmallFileCache } from './pulling/small-file-cache.js';
import { pullDirectory } from './pulling/pull-directory.js';
import type { SharedParses } from './pulling/pull-directory.js';
import { resolveCsvMapping } from './readers/csv/csv-mapping-resolver.js';
import { RemoteCopies } from './sources/remote-copies.js';
import { S3Source } from './sources/s3-source.js';
import { SftpSource } from './sources/sftp-source.js';
import { TransactionExtractor } from './transaction-extractor.js';
import { watchDirectory } from './pulling/watch-directory.js';

@Injectable()
export class BankStatementsPsp implements PspClient {
  private readonly localTime: LocalTimeParser;
  private readonly parses: SharedParses;

  constructor(
    private readonly settings: BankStatementsSettings,
    @Inject(FEED_READER) private readonly feedReader: FeedReader,
  ) {
    this.localTime = new LocalTimeParser(settings.timeZone);
    const csvMappings = settings.csv.map(resolveCsvMapping);
    this.parses = {
      smallFiles: new SmallFileCache(csvMappings),
      largeFiles: new ParsedFiles(csvMappings),
      csvMappings,
      ...createRemoteCopies(settings),
    };
  }

  accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    const progress = PullProgress.parse(since);
    return pullDirectory(
      this.settings.directory,
      progress,
      new AccountExtractor(this.feedReader, this.localTime, progress),
      this.parses,
    );
  }

  beneficiaries(since?: Cursor): AsyncIterable<Page<Beneficiary>> {
    return pullDirectory(
      this.settings.directory,
      PullProgress.parse(since),
      new BeneficiaryExtractor(this.feedReader),
      this.parses,
    );
  }

  transactions(since?: Cursor): AsyncIterable<Page<Transaction>> {
    const progress = PullProgress.parse(since);
    return pullDirectory(
      this.settings.directory,
      progress,
      new TransactionExtractor(this.feedReader, this.localTime, progress),
      this.parses,
    );
  }

  /**
   * Reports changes of the directory. If the system cannot watch the directory, e.g. on a network file system, the method ends at once. New
   * files are then found by the scheduled pulls.
   */
  watch(signal: AbortSignal): AsyncIterable<Stream[]> {
    return watchDirectory(this.settings.directory, signal);
  }
}

function createRemoteCopies({ directory, sftp, s3 }: BankStatementsSettings): {
  remoteCopies?: RemoteCopies;
} {
  if (sftp) return { remoteCopies: new RemoteCopies(new SftpSource(sftp), { directory, files: sftp.files }) };
  return s3 ? { remoteCopies: new RemoteCopies(new S3Source(s3), { directory, files: s3.files }) } : {};
}
