import { afterAll, beforeAll, describe, onTestFinished } from 'vitest';
import { hasSwift, Swift, SWIFT_KEYS } from '../../../test/support/servers/swift.ts';
import { testStore } from '../contract.lab.ts';
import { ObjectStore } from '../object-store.ts';
import { openS3 } from './s3-objects.ts';

let swift: Swift;
let count = 0;
if (hasSwift) {
  beforeAll(async () => {
    swift = await Swift.start();
  }, 180_000);
  afterAll(async () => await swift.stop());
}

/** An empty place in the bucket. */
function address(options = ''): string {
  return `s3://backup/store ${count++}/é&+'<x>?endpoint=${swift.host}${options}`;
}

function open(): ObjectStore {
  const at = address();
  const store = new ObjectStore(at, async () => await openS3(at, { env: SWIFT_KEYS }));
  onTestFinished(async () => await store.close());
  return store;
}

describe.skipIf(!hasSwift)('S3, as Swift speaks it', () => {
  testStore('bucket', async () => await Promise.resolve(open()));
});
