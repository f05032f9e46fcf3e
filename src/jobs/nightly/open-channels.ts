import { SnapshotError } from '../../base/errors.ts';
import type { Channel } from '../../host/notices/channel.ts';
import type { MailServer } from '../../host/notices/mail.ts';

/** Addresses to tell, and the file with the mail server. */
export interface NoticeOptions {
  readonly notify: readonly string[];
  readonly smtpFile: string | undefined;
}

/**
 * Whom to tell: as the options say, or else `SNAPSHOT_NOTIFY`.
 *
 * @throws {@link SnapshotError} `E_USAGE` when an address, or the mail server, cannot be used.
 */
export async function openChannels(
  { notify, smtpFile }: NoticeOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly Channel[]> {
  const words = (env['SNAPSHOT_NOTIFY'] ?? '').split(/\s+/);
  const addresses = (notify.length > 0 ? notify : words).filter((address) => address !== '');
  if (addresses.length === 0) return [];
  const { openChannel } = await import('../../host/notices/open-channel.ts');
  const server = async (): Promise<MailServer> => await mailServerOf(smtpFile, env);
  return await Promise.all(addresses.map(async (address) => await openChannel(address, server)));
}

async function mailServerOf(
  smtpFile: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Promise<MailServer> {
  const { mailServer } = await import('../../host/notices/mail.ts');
  const address = env['SNAPSHOT_SMTP'] ?? '';
  if (smtpFile === undefined && address !== '') return mailServer(address);
  const file = smtpFile ?? env['SNAPSHOT_SMTP_FILE'] ?? '';
  if (file === '') {
    throw new SnapshotError('E_USAGE', 'Cannot send mail: no mail server is given', {
      hint: 'Put `smtps://user:password@host` in a file for --smtp-file, or in the variable SNAPSHOT_SMTP.',
    });
  }
  const { readSecret } = await import('../../host/secret-file.ts');
  return mailServer(await readSecret(file, 'mail server'));
}
