import { IsNotEmpty, IsString, Matches } from 'class-validator';
import { Setting } from 'tributary/connector-api';

export class PettyCashSettings {
  @Setting('File with one movement a line, relative to the working directory of the gateway.')
  @IsNotEmpty()
  @IsString()
  file!: string;

  @Setting('What the box holds: EUR, JPY.')
  @Matches(/^[A-Z]{3}$/, { message: '$property must be a currency, e.g. EUR' })
  currency = 'EUR';
}
