// Whose account a login is for, and how much room it has.
import { DriveClient } from './drive-client.ts';
import type { Environment } from './login-file.ts';

export interface AboutAccount {
  /** An address of mail, as Google says. */
  readonly user: string;
  /** Undefined where there is no limit. */
  readonly freeBytes: number | undefined;
}

/** Asks Google. @throws {@link SnapshotError} as any request. */
export async function aboutAccount(account: string, env: Environment): Promise<AboutAccount> {
  const client = new DriveClient(account, env);
  try {
    return await aboutOf(client, 'Cannot ask Google whose account it is');
  } finally {
    client.close();
  }
}

/** As {@link aboutAccount}, by a client that is there. @param what - For errors. */
export async function aboutOf(client: DriveClient, what: string): Promise<AboutAccount> {
  const query = { fields: 'user(emailAddress),storageQuota(limit,usage)' };
  const json = (await client.json({ method: 'GET', path: 'about', query, what })) as {
    readonly user?: { readonly emailAddress?: unknown };
    readonly storageQuota?: { readonly limit?: unknown; readonly usage?: unknown };
  };
  const { limit, usage } = json.storageQuota ?? {};
  const hasLimit = typeof limit === 'string' && typeof usage === 'string';
  const { emailAddress } = json.user ?? {};
  return {
    user: typeof emailAddress === 'string' ? emailAddress : 'somebody',
    freeBytes: hasLimit ? Math.max(0, Number(limit) - Number(usage)) : undefined,
  };
}
