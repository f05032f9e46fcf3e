// A line to a server of this machine that takes its time, and counts what goes over it. A process of its own, as who measures waits.
//
//     node relay.js PORT DELAY NOTES    prints the port that it listens at, and ends with its standard input
import { writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import process from 'node:process';

/** What went over the line since it is there. */
export interface Traffic {
  /** Bytes to the server, ... */
  sent: number;
  /** ... and from it. */
  received: number;
  /** Of HTTP: a request begins with what it asks for, and each one after the answer to the one before. */
  requests: number;
}

const REQUEST = /^(?:GET|HEAD|PUT|POST|DELETE|MKCOL|MOVE|COPY|PROPFIND|OPTIONS) /;

const [port, delayMs, notes = ''] = process.argv.slice(2);
const traffic: Traffic = { sent: 0, received: 0, requests: 0 };
let due: NodeJS.Timeout | undefined;

function note(): void {
  due ??= setTimeout(() => {
    due = undefined;
    writeFileSync(notes, JSON.stringify(traffic));
  }, 20);
}

function carry(from: Socket, to: Socket, count: (bytes: Buffer) => void): void {
  from.on('data', (bytes: Buffer) => {
    count(bytes);
    note();
    setTimeout(() => to.writable && to.write(bytes), Number(delayMs));
  });
  from.on('end', () => setTimeout(() => to.end(), Number(delayMs)));
  from.on('error', () => to.destroy());
}

const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port: Number(port), host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  carry(near, far, (bytes) => {
    traffic.sent += bytes.length;
    if (REQUEST.test(bytes.toString('latin1', 0, 16))) traffic.requests++;
  });
  carry(far, near, (bytes) => void (traffic.received += bytes.length));
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.stdout.write(`${typeof address === 'object' ? address?.port : ''}\n`);
});
process.stdin.resume().on('end', () => process.kill(process.pid));
