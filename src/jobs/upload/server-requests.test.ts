// Which addresses a token goes to, and what is asked there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { SnapshotError } from '../../base/errors.ts';
import { ServerRequests } from './server-requests.ts';

function open(url: string): ServerRequests {
  const requests = new ServerRequests(url, 'token', undefined, new AbortController().signal);
  onTestFinished(() => requests.close());
  return requests;
}

it.each([
  ['http://[::1]:80', 'http://[::1]/'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ['https://photos.example.org/anna', 'https://photos.example.org/anna/'],
  ['http://photos.example.org', ''],
  ['https://photos.example.org?q', ''],
  ['https://anna:secret@photos.example.org', ''],
  ['ftp://127.0.0.1', ''],
])('the address %s is asked as "%s"', (url, asked) => {
  if (asked === '') expect(() => open(url)).toThrow(SnapshotError);
  else expect(open(url).url).toBe(asked);
});

it('asks below a server that has a path', async () => {
  const paths: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url);
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  const requests = open(`http://127.0.0.1:${(server.address() as AddressInfo).port}/anna`);
  await requests.ask({ method: 'GET', path: '/v1/uploads/1' });
  await requests.ask({ method: 'GET', path: 'v1/check' });
  expect(paths).toEqual(['/anna/v1/uploads/1', '/anna/v1/check']);
});
