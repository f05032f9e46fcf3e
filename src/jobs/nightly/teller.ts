import type { Channel } from '../../host/notices/channel.ts';
import type { Notice } from './notice.ts';

/** Tells the world how a run goes, for who is not there to see it. */
export class Teller {
  readonly #channels: readonly Channel[];
  readonly #on: 'always' | 'trouble';
  readonly #warn: (message: string) => void;
  #starting: Promise<void> = Promise.resolve();

  /** @param warn - Told of what could not be delivered. */
  constructor(channels: readonly Channel[], on: 'always' | 'trouble', warn: (message: string) => void) {
    this.#channels = channels;
    this.#on = on;
    this.#warn = warn;
  }

  /** Tells monitors that a run begins. The run does not wait for it. */
  start(): void {
    const monitors = this.#channels.filter(({ isMonitor }) => isMonitor);
    if (monitors.length === 0) return;
    this.#starting = this.#send(monitors, undefined);
  }

  /**
   * Tells how it ended. What cannot be delivered is a warning, and changes nothing else.
   *
   * @param stop - Aborted already: one try each, as somebody waits. Else aborting it gives up.
   */
  async end(notice: Notice, stop: AbortSignal): Promise<void> {
    // Silence is what monitors take for a failure.
    const isWanted = ({ isMonitor }: Channel): boolean =>
      isMonitor || this.#on === 'always' || notice.status !== 0;
    const channels = this.#channels.filter(isWanted);
    if (channels.length === 0) return;
    await this.#starting;
    await this.#send(channels, notice, stop);
  }

  /** @param notice - Undefined: that a run begins. */
  async #send(channels: readonly Channel[], notice: Notice | undefined, stop?: AbortSignal): Promise<void> {
    // Loaded when there is somebody to tell.
    const [{ deliver, HASTY, PATIENT }, { endMessage, startMessage }] = await Promise.all([
      import('../../host/notices/deliver.ts'),
      import('./notice-text.ts'),
    ]);
    const message = notice === undefined ? startMessage() : endMessage(notice);
    const signal = stop?.aborted === true ? undefined : stop;
    const patience = signal === undefined ? HASTY : PATIENT;
    const failures = await Promise.all(
      channels.map(async (channel) => await deliver(channel, message, patience, signal)),
    );
    for (const failure of failures) if (failure !== undefined) this.#warn(failure.message);
  }
}
