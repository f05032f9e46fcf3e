import { expect, it } from 'vitest';
import { openChannels } from './open-channels.ts';

const HOOK = 'webhook:https://one.example/hook';

it.each([
  [[], {}, 0],
  [[''], { SNAPSHOT_NOTIFY: HOOK }, 0],
  [[], { SNAPSHOT_NOTIFY: ` ${HOOK}\nwebhook:https://two.example/hook ` }, 2],
  // What is said takes the place of what the environment says.
  [[HOOK], { SNAPSHOT_NOTIFY: 'webhook:https://two.example/hook webhook:https://three.example/hook' }, 1],
])('tells those that are named, or else those of the environment: %j, %j', async (notify, env, count) => {
  expect(await openChannels({ notify, smtpFile: undefined }, env)).toHaveLength(count);
});

it('needs a mail server for mail, the file that is named before all others', async () => {
  const mail = { notify: ['mailto:anna@example.org'], smtpFile: undefined };
  await expect(openChannels(mail, {})).rejects.toMatchObject({
    code: 'E_USAGE',
    message: expect.stringContaining('no mail server is given') as string,
  });
  expect(await openChannels(mail, { SNAPSHOT_SMTP: 'smtp://localhost' })).toHaveLength(1);
  const env = { SNAPSHOT_SMTP: 'smtp://localhost', SNAPSHOT_SMTP_FILE: '/none/either' };
  await expect(openChannels({ ...mail, smtpFile: '/none/named' }, env)).rejects.toThrow('/none/named');
});
