// `s3://BUCKET/PREFIX?endpoint=HOST&region=REGION&profile=NAME&class=CLASS`. Pure.
import { SnapshotError } from '../../base/errors.ts';
import { endpointOf, optionsOf } from '../http/address-options.ts';

/** Classes whose objects can be read at once: what this program writes it also reads. */
const CLASSES = ['STANDARD', 'STANDARD_IA', 'ONEZONE_IA', 'INTELLIGENT_TIERING', 'GLACIER_IR'] as const;
const OPTIONS: readonly string[] = ['endpoint', 'region', 'profile', 'class'];

export interface S3Address {
  readonly bucket: string;
  /** What all keys begin with: empty, or with a slash at its end. */
  readonly prefix: string;
  /** A server of somebody else than Amazon. */
  readonly endpoint: URL | undefined;
  readonly region: string | undefined;
  readonly profile: string | undefined;
  /** Of large objects. */
  readonly storageClass: string | undefined;
}

/** @throws {@link SnapshotError} `E_USAGE` */
export function parseS3Address(text: string): S3Address {
  const [, bucket = '', path = '', query = ''] = /^s3:\/\/([^/?]*)([^?]*)(?:\?(.*))?$/s.exec(text) ?? [];
  // Whatever stands behind it may be meant to be a key.
  const address = text.replace(/\?.*$/s, '');
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/.test(bucket)) {
    throw new SnapshotError('E_USAGE', `The address "${address}": \`${bucket}\` is no name of a bucket`, {
      hint: 'It is written `s3://BUCKET/PREFIX?endpoint=HOST&region=REGION`.',
    });
  }
  const segments = path.split('/').filter((segment) => segment !== '');
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    throw new SnapshotError(
      'E_USAGE',
      `The address "${address}" has a dot for a folder: buckets know no such thing`,
    );
  }
  const options = optionsOf(address, query, OPTIONS);
  return {
    bucket,
    prefix: segments.map((segment) => `${segment}/`).join(''),
    endpoint: endpointOf(address, options.get('endpoint')),
    region: options.get('region'),
    profile: options.get('profile'),
    storageClass: classOf(address, options.get('class')),
  };
}

function classOf(address: string, text: string | undefined): string | undefined {
  const found = CLASSES.find((one) => one === text?.toUpperCase());
  if (text === undefined || found !== undefined) return found;
  throw new SnapshotError('E_USAGE', `The address "${address}": \`${text}\` is no class that can be used`, {
    hint: `Classes are: ${CLASSES.join(', ')}. Objects of others cannot be read when they are needed.`,
  });
}

/** What the bucket's keys are added to: `https://BUCKET.s3.REGION.amazonaws.com/`. */
export function bucketUrl({ endpoint, bucket }: S3Address, region: string): URL {
  if (endpoint !== undefined) return new URL(`${bucket}/`, endpoint);
  const domain = `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
  // A certificate for `*.s3...` stands for no name with further dots in it, and hosts have no capitals.
  if (/[._A-Z]/.test(bucket)) return new URL(`https://${domain}/${bucket}/`);
  return new URL(`https://${bucket}.${domain}/`);
}
