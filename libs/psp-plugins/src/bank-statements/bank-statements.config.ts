/** Settings of the bank-statements plugin in the deployment file. */
import { Setting } from '@tributary/connector-api';
import type { CsvMappingSettings } from './readers/csv/csv-mapping.settings.js';
import { CsvMappingsSetting } from './readers/csv/csv-mapping.settings.js';
import { IsNotEmpty, IsString, IsTimeZone } from 'class-validator';

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
}
