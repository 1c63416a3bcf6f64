/** Settings of the bank-statements plugin in the deployment file. */
import { Setting } from '@tributary/connector-api';
import type { CsvMappingSettings } from './readers/csv/csv-mapping.settings.js';
import { CsvMappingsSetting } from './readers/csv/csv-mapping.settings.js';
import { Type } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString, IsTimeZone, ValidateBy, ValidateNested } from 'class-validator';
import { S3Settings, SftpSettings } from './sources/remote-source.settings.js';

export class BankStatementsSettings {
  @Setting(
    'Directory that the statements are put into, relative to the working directory. Sub-directories are not read.',
    { isDirectory: true },
  )
  @IsString()
  @IsNotEmpty()
  directory!: string;

  @Setting('IANA zone of the bank: dates without a time, and times without a zone, are read in it.')
  @IsTimeZone()
  timeZone: string = 'UTC';

  @CsvMappingsSetting('The CSV exports of your banks: which files have which columns.')
  csv: CsvMappingSettings[] = [];

  @Setting('An SFTP server from which new files are copied into `directory`.')
  @ValidateNested()
  @IsOptional()
  @Type(() => SftpSettings)
  sftp?: SftpSettings;

  @Setting('A bucket of an S3-compatible service from which new files are copied into `directory`.')
  @ValidateBy({
    name: 'isOnlySource',
    validator: {
      validate: (_s3, args) => (args?.object as BankStatementsSettings).sftp === undefined,
      defaultMessage: () =>
        '$property must be absent, because `sftp` is set; configure one connector for each source',
    },
  })
  @ValidateNested()
  @IsOptional()
  @Type(() => S3Settings)
  s3?: S3Settings;
}
