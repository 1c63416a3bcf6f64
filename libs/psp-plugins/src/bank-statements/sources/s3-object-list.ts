/** Parses the response of ListObjectsV2. */
import { PspError } from '@tributary/connector-api';
import { SaxesParser } from 'saxes';

export interface S3ObjectList {
  objects: { key: string; size: number; modifiedAt: number }[];
  /** The token of the next page. Absent on the last page. */
  nextToken?: string;
}

/**
 * Parses a list. The keys are encoded as in a URL if the list says so. Some services ignore the request for this encoding.
 * @throws PspError if the text is not such a list
 */
export function parseObjectList(xml: string): S3ObjectList {
  const list: S3ObjectList = { objects: [] };
  const path: string[] = [];
  let root: string | undefined;
  let text = '';
  let values: Record<string, string> = {};
  let isUrlEncoded = false;
  const fail = (reason: string): never => {
    throw new PspError('unavailable', `the service sent a list of objects that cannot be read: ${reason}`);
  };
  const parser = new SaxesParser();
  parser.on('error', (error) => fail(error.message));
  parser.on('doctype', () => fail('it has a document type declaration'));
  parser.on('opentag', ({ name }) => {
    root ??= name;
    path.push(name);
    text = '';
    if (name === 'Contents') values = {};
  });
  parser.on('text', (part) => {
    text += part;
  });
  parser.on('closetag', ({ name }) => {
    path.pop();
    if (name === 'Contents') list.objects.push(toObject(values, fail));
    else if (path.at(-1) === 'Contents') values[name] = text;
    else if (name === 'EncodingType') isUrlEncoded = text === 'url';
    else if (name === 'NextContinuationToken' && text !== '') list.nextToken = text;
  });
  parser.write(xml).close();
  if (root !== 'ListBucketResult') fail(`it begins with ${JSON.stringify(root)}`);
  try {
    if (isUrlEncoded)
      for (const object of list.objects) object.key = decodeURIComponent(object.key.replaceAll('+', ' '));
  } catch (error) {
    fail(String(error));
  }
  return list;
}

function toObject(
  { Key = '', Size = '', LastModified = '' }: Record<string, string>,
  fail: (reason: string) => never,
): S3ObjectList['objects'][number] {
  const modifiedAt = Date.parse(LastModified);
  if (Key === '' || !/^\d{1,15}$/.test(Size) || Number.isNaN(modifiedAt))
    return fail(
      `an object has the key ${JSON.stringify(Key)}, the size ${JSON.stringify(Size)} and the time ${JSON.stringify(LastModified)}`,
    );
  return { key: Key, size: Number(Size), modifiedAt };
}
