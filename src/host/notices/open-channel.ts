import { SnapshotError } from '../../base/errors.ts';
import type { Channel } from './channel.ts';
import { desktop } from './desktop.ts';
import { healthchecks } from './healthchecks.ts';
import { isAddress, mail, type MailServer } from './mail.ts';
import { ntfy, topicOf } from './ntfy.ts';
import { webhook } from './webhook.ts';

const HINT =
  'There are `healthchecks:https://...`, `ntfy:https://.../topic`, `webhook:https://...`, `mailto:you@example.org` ' +
  'and `desktop:`.';

/**
 * Makes a channel of `address`: its kind, a colon, and where to.
 *
 * @param server - Called when the address is one for mail.
 * @throws {@link SnapshotError} `E_USAGE`; it never shows the address, which may be as good as a password.
 */
export async function openChannel(address: string, server: () => Promise<MailServer>): Promise<Channel> {
  const colon = address.indexOf(':');
  const [kind, rest] = [address.slice(0, colon), address.slice(colon + 1)];
  switch (kind) {
    case 'healthchecks':
      return healthchecks(webAddress(kind, rest));
    case 'ntfy': {
      const url = webAddress(kind, rest);
      if (topicOf(url) !== undefined) return ntfy(url);
      throw wrong('an address of `ntfy:` ends with one topic, as in `ntfy:https://ntfy.sh/my-topic`');
    }
    case 'webhook':
      return webhook(webAddress(kind, rest));
    case 'mailto':
      if (isAddress(rest)) return mail(rest, await server());
      throw wrong('`mailto:` takes one address, as in `mailto:you@example.org`');
    case 'desktop':
      if (rest === '') return desktop();
      throw wrong('`desktop:` takes nothing after the colon');
    case 'http':
    case 'https':
      throw wrong(`\`${kind}:\` does not say what is there`);
    default:
      throw wrong('it begins with no kind that is known');
  }
}

function webAddress(kind: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return url;
  throw wrong(`after \`${kind}:\` comes an address that begins with \`https://\``);
}

function wrong(why: string): SnapshotError {
  return new SnapshotError('E_USAGE', `Cannot use an address for notices: ${why}`, { hint: HINT });
}
