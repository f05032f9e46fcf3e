import type { Channel } from '../../host/notices/channel.ts';
import { deliver, PATIENT } from '../../host/notices/deliver.ts';
import type { VerifyEnd } from './verify-events.ts';
import { verifyMessage } from './verify-notice.ts';

/** How a verify ended. */
export interface Verified {
  readonly ends: readonly VerifyEnd[];
  readonly status: number;
  /** Why it ended early. */
  readonly error: Error | undefined;
}

/** Tells how a verify ended. What cannot be delivered is a warning, and changes nothing else. */
export async function tellVerify(
  channels: readonly Channel[],
  on: 'always' | 'trouble',
  { ends, status, error }: Verified,
  warn: (message: string) => void,
): Promise<void> {
  // Silence is what monitors take for a failure.
  const wanted = channels.filter(({ isMonitor }) => isMonitor || on === 'always' || status !== 0);
  const message = verifyMessage(ends, status, error);
  const failures = await Promise.all(wanted.map(async (channel) => await deliver(channel, message, PATIENT)));
  for (const failure of failures) if (failure !== undefined) warn(failure.message);
}
