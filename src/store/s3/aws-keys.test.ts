import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { awsKeys } from './aws-keys.ts';

/** A home with what `aws configure` writes. */
function home(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'snapshot-aws-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, '.aws'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, '.aws', name), text);
  return folder;
}

const FILES = {
  credentials: `# mine
[default]
aws_access_key_id=D
aws_secret_access_key = d=/+
[ nas ]
aws_access_key_id = N
aws_secret_access_key = n
aws_session_token = t
`,
  config: `[default]
region = eu-central-1
s3 =
    region = none
[profile nas]\r
region = nas-1\r
[profile work]
sso_session = work
`,
};
const VARIABLES = { AWS_ACCESS_KEY_ID: 'V', AWS_SECRET_ACCESS_KEY: 'v' };

describe('awsKeys()', () => {
  it.each<[string, string | undefined, Record<string, string>, readonly (string | undefined)[]]>([
    ['the default profile', undefined, {}, ['D', 'd=/+', undefined, 'eu-central-1']],
    ['a profile that the address names', 'nas', {}, ['N', 'n', 't', 'nas-1']],
    ['one that AWS_PROFILE names', undefined, { AWS_PROFILE: 'nas' }, ['N', 'n', 't', 'nas-1']],
    ['variables', undefined, VARIABLES, ['V', 'v', undefined, 'eu-central-1']],
    ['the address before variables', 'nas', VARIABLES, ['N', 'n', 't', 'nas-1']],
    [
      'all variables',
      undefined,
      { ...VARIABLES, AWS_SESSION_TOKEN: 's', AWS_REGION: 'r', AWS_DEFAULT_REGION: 'x' },
      ['V', 'v', 's', 'r'],
    ],
  ])('takes %s', async (_, profile, variables, [accessKeyId, secretAccessKey, sessionToken, region]) => {
    const keys = await awsKeys(profile, { HOME: home(FILES), ...variables });
    expect(keys).toEqual({ accessKeyId, secretAccessKey, sessionToken, region });
  });

  it('takes files that are elsewhere', async () => {
    const folder = join(home(FILES), '.aws');
    const keys = await awsKeys('nas', {
      HOME: '/none',
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
    });
    expect(keys).toMatchObject({ accessKeyId: 'N', region: 'nas-1' });
  });

  it.each<[string, string | undefined, Record<string, string>, RegExp, RegExp]>([
    ['none at all', undefined, { HOME: '/none' }, /no key for S3$/, /aws configure/],
    ['half of one', undefined, { AWS_ACCESS_KEY_ID: 'V' }, /AWS_SECRET_ACCESS_KEY is not set/, /AWS_/],
    [
      'the other half',
      undefined,
      { AWS_SECRET_ACCESS_KEY: 'hidden' },
      /AWS_ACCESS_KEY_ID is not set/,
      /AWS_/,
    ],
    ['no such profile', 'other', {}, /profile `other` has none/, /aws configure/],
    [
      'a profile of another way',
      'work',
      {},
      /profile `work` has none/,
      /sso_session.*export-credentials --profile work/,
    ],
  ])('says that there is %s', async (_, profile, env, message, hint) => {
    const error: unknown = await awsKeys(profile, { HOME: home(FILES), ...env }).catch(
      (cause: unknown) => cause,
    );
    expect(error).toMatchObject({
      code: 'E_AUTH',
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(hint) as string,
    });
    expect(String(error)).not.toContain('hidden');
  });
});
