import { parseRecipient } from '../../format/age/keys.ts';
import type { Wrap } from '../../store/open-store.ts';
import { CryptObjects } from './crypt-objects.ts';
import { readIdentities } from './identities.ts';

/**
 * What objects become on their way to where a series lies.
 *
 * @param encrypt - Whom it is encrypted for, as age writes them; nobody: it is not.
 */
export function wrapFor(encrypt: readonly string[]): Wrap | undefined {
  const recipients = encrypt.flatMap((text) => parseRecipient(text) ?? []);
  if (recipients.length === 0) return undefined;
  let identities: ReturnType<typeof readIdentities> | undefined;
  return (objects) =>
    new CryptObjects(objects, {
      recipients,
      identities: async () => await (identities ??= readIdentities()),
    });
}
