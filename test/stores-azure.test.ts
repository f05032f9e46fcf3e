// Backups in a container of Azure, by the command line.
import { afterAll, beforeAll, describe, it } from 'vitest';
import { live } from './support/backup-life.ts';
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
    const address = `azure://backup/kept/nas?endpoint=${azurite.host}`;
    place.writePlan('source,destination,name,keep', `source,${address},data,last=2`);
    await live(place, { address, env: { AZURE_STORAGE_SAS_TOKEN: azurite.token('rwdlc') } });
  });
});
