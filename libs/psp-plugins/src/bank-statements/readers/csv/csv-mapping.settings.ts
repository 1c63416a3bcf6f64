/** The settings of a CSV mapping in the deployment file. A mapping describes what the columns of a bank's CSV export mean. */
import { ListSetting, Setting, TextSetting } from '@tributary/connector-api';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsISO4217CurrencyCode,
  IsOptional,
  IsString,
  IsTimeZone,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { describeMappingProblem } from './csv-mapping-check.js';
import { CSV_PRESETS } from './csv-presets.js';
import type { CsvColumn } from './csv-mapping.types.js';
import { CSV_ENCODINGS } from './csv-mapping.types.js';

function isColumn(value: unknown): boolean {
  return typeof value === 'number'
    ? Number.isInteger(value) && value >= 1
    : typeof value === 'string' && value !== '';
}

/** A column: its name in the header, or its number, counted from 1. */
function ColumnSetting(description: string): PropertyDecorator {
  return (target, property) => {
    ValidateBy({
      name: 'isColumn',
      validator: {
        validate: isColumn,
        defaultMessage: () => '$property must be the name of a column in the header, or its number from 1',
      },
    })(target, property);
    IsOptional()(target, property);
    Setting(description)(target, property);
  };
}

/** The columns of an export. All of them are optional here, because a preset may already contain them. */
export class CsvColumnsSettings {
  @ColumnSetting('The booking date, or the booking date and time.')
  date?: CsvColumn;

  @ColumnSetting('The time of the booking, if it has a column of its own.')
  time?: CsvColumn;

  @ColumnSetting('The value date. It has the same format as the booking date.')
  valueDate?: CsvColumn;

  @ColumnSetting('The amount: with a sign, or without a sign if `direction` is given.')
  amount?: CsvColumn;

  @ColumnSetting('The amount of a debit, if debits and credits have separate columns.')
  debit?: CsvColumn;

  @ColumnSetting('The amount of a credit, if debits and credits have separate columns.')
  credit?: CsvColumn;

  @ColumnSetting(
    'A word that says whether the amount is a debit or a credit, see `debitWords` and `creditWords`.',
  )
  direction?: CsvColumn;

  @ColumnSetting('A fee that the balance contains in addition to the amount. It becomes an entry of its own.')
  fee?: CsvColumn;

  @ColumnSetting('The currency of the amount: an ISO 4217 code.')
  currency?: CsvColumn;

  @ColumnSetting('Your own account, if a file contains several accounts.')
  account?: CsvColumn;

  @ColumnSetting(
    'The balance of the account after the entry. With it, missing entries and missing exports are found.',
  )
  balance?: CsvColumn;

  @ColumnSetting("The bank's id of the entry. With it, entries of overlapping exports are recognised.")
  id?: CsvColumn;

  @ColumnSetting('The reference of the customer.')
  reference?: CsvColumn;

  @ColumnSetting('The end-to-end id of the payment.')
  endToEndId?: CsvColumn;

  @ColumnSetting('The name of the other side.')
  counterparty?: CsvColumn;

  @ColumnSetting('The account of the other side: an IBAN or an account number.')
  counterpartyAccount?: CsvColumn;

  @ColumnSetting('The BIC of the bank of the other side.')
  counterpartyBic?: CsvColumn;

  @ColumnSetting("The bank's type of the entry.")
  type?: CsvColumn;

  @Setting('The columns of the text, in this order.')
  @IsArray()
  @ArrayNotEmpty()
  @ValidateBy({
    name: 'areColumns',
    validator: {
      validate: (value: unknown) => Array.isArray(value) && value.every(isColumn),
      defaultMessage: () => '$property must contain names of columns in the header, or their numbers from 1',
    },
  })
  @IsOptional()
  text?: CsvColumn[];
}

/** Selects rows by the value of one column. */
export class CsvRowRuleSettings {
  @Setting('The column: its name in the header, or its number from 1.')
  @ValidateBy({
    name: 'isColumn',
    validator: {
      validate: isColumn,
      defaultMessage: () => '$property must be the name of a column in the header, or its number from 1',
    },
  })
  column!: CsvColumn;

  @Setting(
    'The values. `*` stands for any characters, `?*` for any value that is not empty, and an empty text for an empty value.',
  )
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  values!: string[];
}

export class CsvMappingSettings {
  @TextSetting(
    'The names of the files that have this form. `*` stands for any characters. Case does not matter.',
  )
  files: string = '*.csv';

  @Setting('The known layout of a bank. The other settings replace single parts of it.')
  @IsIn(Object.keys(CSV_PRESETS))
  @IsOptional()
  preset?: string;

  @TextSetting('Your own account, as it shall be served: an IBAN or an account number.', { isOptional: true })
  account?: string;

  @Setting('The currency of all amounts, if the file has no column for it.')
  @IsISO4217CurrencyCode()
  @IsOptional()
  currency?: string;

  @Setting('The character set of the file. Default: utf-8.')
  @IsIn(CSV_ENCODINGS)
  @IsOptional()
  encoding?: string;

  @Setting('The character between two columns. Default: a comma.')
  @IsIn([',', ';', '\t', '|'])
  @IsOptional()
  delimiter?: string;

  @Setting(
    'The character around a value that contains the delimiter; an empty text if the bank never uses one. Default: ".',
  )
  @IsIn(['"', "'", ''])
  @IsOptional()
  quote?: string;

  @Setting(
    'The number of lines before the header, or before the first row if there is no header. Default: 0.',
  )
  @Max(1000)
  @Min(0)
  @IsInt()
  @IsOptional()
  skipLines?: number;

  @Setting('Whether the file has a line with the names of the columns. Default: true.')
  @IsBoolean()
  @IsOptional()
  hasHeader?: boolean;

  @Setting(
    'The rows that are no entries, e.g. sums or payments that failed. Rows without any value are always ignored.',
  )
  @ValidateNested({ each: true })
  @IsArray()
  @IsOptional()
  @Type(() => CsvRowRuleSettings)
  ignoreRows?: CsvRowRuleSettings[];

  @TextSetting(
    'The format of dates: yyyy, yy, MM, M, MMM (Jan), dd, d, HH, H, mm, ss, S (fraction), XXX (Z or +01:00); other characters stand for themselves.',
    { isOptional: true },
  )
  dateFormat?: string;

  @TextSetting('The format of the column `time`. Default: HH:mm:ss.', { isOptional: true })
  timeFormat?: string;

  @Setting('The IANA zone of the times in this file. Default: the `timeZone` of the connector.')
  @IsTimeZone()
  @IsOptional()
  timeZone?: string;

  @Setting(
    'The character before the decimal places. If it is absent, an amount that can be read in two ways is refused.',
  )
  @IsIn(['.', ','])
  @IsOptional()
  decimalMark?: string;

  @Setting('The character between thousands. Default: none.')
  @IsIn(['.', ',', ' ', "'"])
  @IsOptional()
  thousandsMark?: string;

  @Setting('The words for a debit in the column `direction`.')
  @IsString({ each: true })
  @IsArray()
  @IsOptional()
  debitWords?: string[];

  @Setting('The words for a credit in the column `direction`.')
  @IsString({ each: true })
  @IsArray()
  @IsOptional()
  creditWords?: string[];

  @Setting('Whether the column `debit` contains negative amounts. Default: false.')
  @IsBoolean()
  @IsOptional()
  hasNegativeDebits?: boolean;

  @Setting(
    'Whether a positive fee lowers the balance (`deducted`) or raises it (`signed`). Default: deducted.',
  )
  @IsIn(['deducted', 'signed'])
  @IsOptional()
  feeSign?: 'deducted' | 'signed';

  @Setting('What the columns mean.')
  @ValidateBy({
    name: 'isCompleteCsvMapping',
    validator: {
      validate: (_columns, args) => describeProblem(args?.object) === undefined,
      defaultMessage: (args) => describeProblem(args?.object) ?? '',
    },
  })
  @ValidateNested()
  columns: CsvColumnsSettings = new CsvColumnsSettings();
}

function describeProblem(mapping: object | undefined): string | undefined {
  return mapping instanceof CsvMappingSettings ? describeMappingProblem(mapping) : undefined;
}

/** A list of mappings. The first one whose `files` match the name of a file is used for the file. */
export function CsvMappingsSetting(description: string): PropertyDecorator {
  return ListSetting(description, CsvMappingSettings, {
    getKey: ({ files }) => files,
    message: '$property must have each value of `files` once',
  });
}
