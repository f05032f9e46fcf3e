// Options of addresses: `?endpoint=HOST&region=REGION`. Pure.
import { SnapshotError } from '../../base/errors.ts';

/** What stands behind the `?` of an address. @param address - Without that: somebody may have written a key into it. */
export function optionsOf(
  address: string,
  query: string,
  known: readonly string[],
): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!known.includes(name) || value === '') {
      // It may be a key that was written there, and is not shown.
      const shown = /^[a-z]{1,12}$/.test(name) ? name : '...';
      throw new SnapshotError(
        'E_USAGE',
        known.includes(name)
          ? `The address "${address}": \`${shown}\` has no value`
          : `The address "${address}" has an unknown option \`${shown}\``,
        { hint: `Options are: ${known.join(', ')}. Keys are not written into an address.` },
      );
    }
    options.set(name, value);
  }
  return options;
}

/** The server that the option `endpoint` names, with a slash at its end. */
export function endpointOf(address: string, text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  // On this machine nobody listens in.
  const isLoopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(text);
  const hasScheme = /^https?:\/\//.test(text);
  const full = hasScheme ? text : `${isLoopback ? 'http' : 'https'}://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  // Nothing but a host: whatever else there is would not be asked.
  if (url !== undefined && `${url.protocol}//${url.host}/` === url.href) return url;
  const shown = text.replace(/^.*@/s, '***@');
  throw new SnapshotError('E_USAGE', `The address "${address}": \`${shown}\` is no endpoint`, {
    hint: 'It is a host, perhaps with its port: `endpoint=storage.example.com`. Names of folders come before the `?`.',
  });
}
