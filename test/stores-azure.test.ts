// Backups in a container of Azure, by the command line.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Place } from './support/place.ts';
import { AZURITE_NOTE, Azurite, azuriteScript } from './support/servers/azurite.ts';

const script = azuriteScript();

describe.skipIf(script === undefined)(`a destination in a container${AZURITE_NOTE}`, () => {
  let azurite: Azurite;
  beforeAll(async () => {
    if (script !== undefined) azurite = await Azurite.start(script);
  }, 180_000);
  afterAll(async () => await azurite.stop());

  it('is checked, written, looked at, verified and restored, also without the plan', async () => {
    const place = Place.open();
    const env = { AZURE_STORAGE_SAS_TOKEN: azurite.token('rwdlc') };
    const options = `?endpoint=${azurite.host}`;
    place.writePlan('source,destination,name,keep', `source,azure://backup/kept/nas${options},data,last=2`);
    const well = async (...args: readonly string[]): Promise<string> => {
      const { status, stdout, stderr } = await place.command(args, { env });
      expect(`${status} ${stderr}`, args.join(' ')).toMatch(/^0 /);
      return stdout;
    };
    place.write({ 'a/one.txt': 'one', 'two.bin': Buffer.alloc(3_000_000, 'two') });
    expect(await well('check')).toMatch(
      /destination "azure:\/\/backup\/kept\/nas\?endpoint=127\.0\.0\.1:\d+" can be written and read/,
    );
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    place.write({ 'three.txt': 'three' });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'written', error: null });
    expect((await place.run([], { env })).row).toMatchObject({ outcome: 'unchanged' });
    expect(await well('list')).toContain('azure://backup/kept/nas');
    expect(await well('files', 'data')).toContain('three.txt');
    expect(await well('find', 'three.txt')).toContain('three.txt');
    expect(await well('verify', '--level', 'full')).toContain('data');

    rmSync(place.plan);
    rmSync(place.path('home'), { recursive: true });
    await well('restore', `azure://backup/kept/nas/data${options}`, '--to', place.path('all'));
    expect(readdirSync(place.path('all')).toSorted()).toEqual(['a', 'three.txt', 'two.bin']);
    expect(readFileSync(place.path('all', 'two.bin')).equals(Buffer.alloc(3_000_000, 'two'))).toBe(true);
  });
});
