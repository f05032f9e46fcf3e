// Where AWS's own programs keep keys: their variables, and files in ~/.aws.
// https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SnapshotError, systemCode } from '../../base/errors.ts';
import { attempt } from '../attempt.ts';

export interface AwsKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
  readonly region: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const HINT =
  'Put them into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or into ~/.aws/credentials: `aws configure` does.';
/** Ways to get keys that are other programs' business. */
const ELSEWHERE = ['sso_session', 'sso_start_url', 'role_arn', 'credential_process', 'login_session'];

/**
 * The keys of `profile`. Without one: those in the variables, or else those of AWS_PROFILE, or else of `default`.
 *
 * @throws {@link SnapshotError} `E_AUTH` when there are none.
 */
export async function awsKeys(profile: string | undefined, env: Environment): Promise<AwsKeys> {
  const wanted = profile ?? env['AWS_PROFILE'] ?? 'default';
  const sections = await profileOf(wanted, env);
  const region = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? sections.get('region');
  const [id, secret] = [env['AWS_ACCESS_KEY_ID'] ?? '', env['AWS_SECRET_ACCESS_KEY'] ?? ''];
  if (profile === undefined && (id !== '' || secret !== '')) {
    if (id === '' || secret === '') {
      const missing = id === '' ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
      throw new SnapshotError('E_AUTH', `There is no key for S3: ${missing} is not set`, { hint: HINT });
    }
    return {
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: env['AWS_SESSION_TOKEN'] || undefined,
      region,
    };
  }
  const [accessKeyId, secretAccessKey] = [
    sections.get('aws_access_key_id'),
    sections.get('aws_secret_access_key'),
  ];
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const where = profile === undefined && wanted === 'default' ? '' : `: the profile \`${wanted}\` has none`;
    const other = ELSEWHERE.find((name) => sections.has(name));
    throw new SnapshotError('E_AUTH', `There is no key for S3${where}`, {
      hint:
        other === undefined
          ? HINT
          : `What its \`${other}\` gives can be put into variables: \`aws configure export-credentials --profile ${wanted} --format env\`.`,
    });
  }
  return { accessKeyId, secretAccessKey, sessionToken: sections.get('aws_session_token'), region };
}

/** All that the two files say of a profile; the one with the keys wins. */
async function profileOf(name: string, env: Environment): Promise<ReadonlyMap<string, string>> {
  const folder = join(env['HOME'] ?? homedir(), '.aws');
  const config = await readSections(env['AWS_CONFIG_FILE'] ?? join(folder, 'config'));
  const credentials = await readSections(env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(folder, 'credentials'));
  return new Map([
    ...(config.get(name === 'default' ? name : `profile ${name}`) ?? []),
    ...(credentials.get(name) ?? []),
  ]);
}

async function readSections(path: string): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const text = await attempt('read', path, async () => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return '';
      throw error;
    }
  });
  const sections = new Map<string, Map<string, string>>();
  let section = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const title = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1];
    if (title !== undefined) {
      section = sections.get(title.replaceAll(/\s+/g, ' ')) ?? new Map<string, string>();
      sections.set(title.replaceAll(/\s+/g, ' '), section);
      continue;
    }
    // Indented ones belong to the name above them, as those of `s3 =`.
    const [, name = '', value = ''] = /^([^\s#;=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (value !== '') section.set(name.toLowerCase(), value);
  }
  return sections;
}
