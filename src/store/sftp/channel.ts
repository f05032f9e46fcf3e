// Requests and answers over the pipes of an ssh process. Several requests are on their way at once; the server answers each.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { printable, SnapshotError } from '../../base/errors.ts';
import { AwayError } from '../wrap/retry-objects.ts';
import { KIND, uint32 } from './packet.ts';
import type { SftpPlace } from './place.ts';
import { sshCommand, sshError } from './ssh.ts';

/** Without a byte in either direction for so long, nobody is there any more. ssh itself looks more closely. */
const PATIENCE_MS = 30_000;
/** What ssh gets at once: on a slow line that it takes the next bytes is the sign that it lives. */
const SLICE_BYTES = 64 * 1024;
/** Servers send no larger ones; a larger number is text that something has printed. */
const MOST_PACKET_BYTES = 1024 * 1024;
/** What is kept of the last that ssh said. */
const SAID_CHARS = 4000;
/** So long a closed connection may take to end. */
const END_MS = 2000;

export interface Answer {
  readonly kind: number;
  readonly body: Buffer;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly patienceMs: number;
}

export class Channel {
  readonly #place: SftpPlace;
  readonly #ssh: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #nextId = 1;
  #failure: Error | undefined;
  #hasSpoken = false;
  #said = '';
  #received: Buffer[] = [];
  #receivedBytes = 0;
  readonly #outgoing: Buffer[] = [];
  #isSending = false;
  #timer: NodeJS.Timeout | undefined;

  /** Starts ssh; whether it comes through is known with the first answer. */
  constructor(place: SftpPlace, chosen: string | undefined = process.env['SNAPSHOT_SSH']) {
    this.#place = place;
    const [program, args] = sshCommand(place, chosen);
    this.#ssh = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C at a terminal is for this program, which has a lock to remove before the connection may end.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    this.#exited = new Promise((resolve) => {
      this.#ssh.once('exit', () => resolve());
      this.#ssh.once('error', () => resolve());
    });
    this.#ssh.once('error', (cause) => this.#fail(noProgram(program, cause)));
    this.#ssh.once('exit', (status) => void this.#ended(status));
    this.#ssh.stdin.on('error', () => {}); // It has ended, which says why.
    this.#ssh.stdout.on('data', (bytes: Buffer) => this.#receive(bytes));
    this.#ssh.stderr.on('data', (bytes: Buffer) => {
      this.#said = (this.#said + bytes.toString('utf8')).slice(-SAID_CHARS);
    });
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** Sends what comes before all requests, and gives the body of the answer: the server's version. */
  async greet(version: number): Promise<Buffer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(0, { resolve, reject, patienceMs: PATIENCE_MS });
    });
    this.#send(Buffer.concat([uint32(5), Buffer.of(KIND.init), uint32(version)]));
    return (await answer).body;
  }

  /**
   * Sends a request and waits for its answer. Requests are answered as if done in the order in which they are sent.
   *
   * @param patienceMs - How long the server may be silent over it.
   * @throws {@link AwayError} when the connection ends before.
   */
  async request(
    kind: number,
    parts: readonly Uint8Array[],
    patienceMs: number = PATIENCE_MS,
  ): Promise<Answer> {
    if (this.#failure !== undefined) throw this.#failure;
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject, patienceMs });
    });
    const length = parts.reduce((sum, part) => sum + part.length, 5);
    this.#send(Buffer.concat([uint32(length), Buffer.of(kind), uint32(id), ...parts]));
    return await answer;
  }

  /** Ends it: nothing that is under way gets an answer any more. */
  async close(): Promise<void> {
    this.#fail(new SnapshotError('E_STORE', `The connection to "${this.#place.label}" is closed`));
    await this.#exited;
  }

  #send(packet: Buffer): void {
    for (let at = 0; at < packet.length; at += SLICE_BYTES) {
      this.#outgoing.push(packet.subarray(at, at + SLICE_BYTES));
    }
    this.#watch();
    if (!this.#isSending) this.#sendNext();
  }

  #sendNext(): void {
    const slice = this.#outgoing.shift();
    this.#isSending = slice !== undefined;
    if (slice === undefined) return;
    this.#ssh.stdin.write(slice, (error) => {
      if (error) return;
      this.#watch();
      this.#sendNext();
    });
  }

  #receive(bytes: Buffer): void {
    if (this.#failure !== undefined) return;
    this.#received.push(bytes);
    this.#receivedBytes += bytes.length;
    while (this.#receivedBytes >= 5) {
      if ((this.#received[0]?.length ?? 0) < 5) this.#received = [Buffer.concat(this.#received)];
      const length = this.#received[0]?.readUInt32BE() ?? 0;
      if (length < 1 || length > MOST_PACKET_BYTES) {
        this.#fail(this.#noSftp(Buffer.concat(this.#received)));
        return;
      }
      if (this.#receivedBytes < 4 + length) break;
      const [first = Buffer.alloc(0), ...others] = this.#received;
      const all = others.length === 0 ? first : Buffer.concat(this.#received);
      this.#take(all.subarray(4, 4 + length));
      this.#received = [all.subarray(4 + length)];
      this.#receivedBytes = all.length - 4 - length;
    }
    this.#watch();
  }

  #take(packet: Buffer): void {
    const kind = packet[0] ?? 0;
    const isVersion = kind === KIND.version && !this.#hasSpoken;
    if (!isVersion && (!this.#hasSpoken || packet.length < 5)) {
      this.#fail(this.#noSftp(packet));
      return;
    }
    this.#hasSpoken = true;
    const id = isVersion ? 0 : packet.readUInt32BE(1);
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.resolve({ kind, body: packet.subarray(isVersion ? 1 : 5) });
  }

  /** Begins to wait anew, as something has moved. */
  #watch(): void {
    clearTimeout(this.#timer);
    if (this.#pending.size === 0 || this.#failure !== undefined) return;
    const patienceMs = Math.max(...[...this.#pending.values()].map((pending) => pending.patienceMs));
    this.#timer = setTimeout(() => {
      this.#fail(
        new AwayError(`Cannot reach "${this.#place.label}": no answer for ${patienceMs / 1000} seconds`, {
          hint: 'It is tried again with the next run.',
        }),
      );
    }, patienceMs);
  }

  async #ended(status: number | null): Promise<void> {
    // What was said last may still be in the pipe; whoever else holds it is not waited for.
    if (!this.#ssh.stderr.readableEnded) {
      await new Promise<void>((resolve) => {
        this.#ssh.stderr.once('close', resolve);
        setTimeout(resolve, 500).unref();
      });
    }
    this.#fail(sshError(this.#place, { status, said: this.#said, hasSpoken: this.#hasSpoken }));
  }

  /** Ends the connection and tells all who wait; the first reason counts. */
  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    clearTimeout(this.#timer);
    for (const { reject } of this.#pending.values()) reject(error);
    this.#pending.clear();
    this.#outgoing.length = 0;
    this.#received = [];
    this.#ssh.stdin.end();
    this.#ssh.stdout.resume();
    void this.#end();
  }

  async #end(): Promise<void> {
    const kill = setTimeout(() => this.#ssh.kill('SIGKILL'), END_MS);
    await this.#exited;
    clearTimeout(kill);
    // Whoever has inherited them does not keep this program alive.
    for (const pipe of [this.#ssh.stdin, this.#ssh.stdout, this.#ssh.stderr]) pipe.destroy();
  }

  #noSftp(bytes: Buffer): SnapshotError {
    const text = printable(bytes.toString('latin1').trim()).slice(0, 80);
    return new SnapshotError('E_STORE', `What "${this.#place.label}" answers is no SFTP: \`${text}\``, {
      hint: 'Mostly a start file of the shell there prints something, or the account may not use SFTP: `ssh HOST true` must print nothing.',
    });
  }
}

function noProgram(program: string, cause: Error): SnapshotError {
  return new SnapshotError('E_HOST', `Cannot start "${program}": ${cause.message}`, {
    cause,
    hint: 'SFTP goes through the `ssh` of the system: install it (on Debian `openssh-client`), or name another one in SNAPSHOT_SSH.',
  });
}
