/** The settings of the places from which files are copied: an SFTP server, or a bucket of an S3-compatible service. */
import { IntegerSetting, PatternSetting, Setting, TextSetting, UrlSetting } from '@tributary/connector-api';
import { ArrayNotEmpty, IsArray, Matches } from 'class-validator';

export class SftpSettings {
  @TextSetting('The name of the SFTP server.')
  host!: string;

  @IntegerSetting('The port of the SFTP server.', 1, 65_535)
  port: number = 22;

  @TextSetting('The name of the user.')
  user!: string;

  @TextSetting('The password of the user.', {
    isRequiredIf: ({ privateKey }: SftpSettings) => privateKey === undefined,
    message: '$property must be a text, because there is no `privateKey`',
  })
  password?: string;

  @TextSetting('The private key of the user, in the form of OpenSSH or PEM.', { isOptional: true })
  privateKey?: string;

  @TextSetting('The passphrase of the private key.', { isOptional: true })
  passphrase?: string;

  @Setting(
    'The fingerprints of the host keys that the server may have, as `ssh-keygen -l` prints them: SHA256:…',
  )
  @Matches(/^SHA256:[A-Za-z0-9+/]{43}=?$/, {
    each: true,
    message: 'each value in $property must be a fingerprint such as SHA256: and 43 characters',
  })
  @ArrayNotEmpty()
  @IsArray()
  hostKeys!: string[];

  @TextSetting('The directory on the server. Its sub-directories are not read.')
  directory: string = '.';

  @TextSetting('The names of the files that are copied. `*` stands for any characters.')
  files: string = '*';
}

export class S3Settings {
  @UrlSetting('The URL of the service, without the bucket.')
  endpoint!: string;

  @TextSetting('The region of the bucket.')
  region: string = 'us-east-1';

  @PatternSetting(
    'The name of the bucket.',
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
    'a name of a bucket, such as acme-statements',
  )
  bucket!: string;

  @TextSetting('The beginning of the keys, e.g. statements/. Keys with a further slash are not read.', {
    isOptional: true,
  })
  prefix?: string;

  @TextSetting('The id of the access key.')
  accessKeyId!: string;

  @TextSetting('The secret of the access key.')
  secretAccessKey!: string;

  @TextSetting('The names of the files that are copied. `*` stands for any characters.')
  files: string = '*';
}
