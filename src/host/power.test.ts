import { describe, expect, it } from 'vitest';
import {
  isOnBattery,
  onBatteryLinux,
  onBatteryMac,
  onBatteryWindows,
  type PowerCalls,
  type PowerSupply,
} from './power.ts';

const AC_ON = { type: 'Mains', online: '1' };
const AC_OFF = { type: 'Mains', online: '0' };
const CHARGING = { type: 'Battery', status: 'Charging', present: '1' };
const DISCHARGING = { type: 'Battery', status: 'Discharging', present: '1' };
const UNKNOWN = { type: 'Battery', status: 'Unknown', present: '1' };
const MOUSE = { type: 'Battery', scope: 'Device', status: 'Discharging', present: '1' };
const USB_C_ON = { type: 'USB', online: '1' };
const USB_C_OFF = { type: 'USB', online: '0' };

describe('onBatteryLinux()', () => {
  it.each<[string, readonly PowerSupply[], boolean | undefined]>([
    ['a desktop', [], false],
    ['a desktop with a wireless mouse', [MOUSE], false],
    ['a desktop whose USB-C port gives power', [USB_C_OFF], false],
    ['a laptop that is plugged in', [AC_ON, CHARGING], false],
    ['a full laptop that is plugged in', [AC_ON, { ...CHARGING, status: 'Full' }], false],
    ['a laptop on battery', [AC_OFF, DISCHARGING], true],
    ['a laptop on battery, with a mouse', [MOUSE, AC_OFF, DISCHARGING], true],
    ['a laptop whose charger is too weak', [AC_ON, DISCHARGING], false],
    ['a laptop charged by USB-C', [AC_OFF, USB_C_ON, CHARGING], false],
    ['a laptop with all USB-C ports empty', [USB_C_OFF, USB_C_OFF, DISCHARGING], true],
    ['a laptop that stops charging at 80 %', [{ ...CHARGING, status: 'Not charging' }], false],
    ['a laptop with an empty bay', [AC_OFF, { ...DISCHARGING, present: '0' }, DISCHARGING], true],
    ['a desktop with an empty bay', [{ ...DISCHARGING, present: '0' }], false],
    ['two batteries, one at work', [AC_OFF, DISCHARGING, { ...CHARGING, status: 'Unknown' }], true],
    ['a phone that charges itself here', [AC_ON, { ...MOUSE, status: 'Charging' }, CHARGING], false],
    ['a UPS on mains', [{ type: 'UPS', status: 'Charging' }], false],
    [
      'a UPS that runs dry, behind which all is plugged in',
      [AC_ON, { type: 'UPS', status: 'Discharging' }],
      true,
    ],
    ['a battery that does not tell, unplugged', [AC_OFF, UNKNOWN], true],
    ['a battery that does not tell, plugged in', [AC_ON, UNKNOWN], false],
    ['a battery that does not tell, and nothing else', [UNKNOWN], undefined],
  ])('knows %s', (_, supplies, expected) => {
    expect(onBatteryLinux(supplies)).toBe(expected);
  });
});

describe('onBatteryMac()', () => {
  it.each<[string, string, boolean | undefined]>([
    [
      'plugged in',
      "Now drawing from 'AC Power'\n -InternalBattery-0 (id=4653155)\t100%; charged; 0:00 remaining present: true\n",
      false,
    ],
    [
      'on battery',
      "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t87%; discharging; 5:12 remaining present: true\n",
      true,
    ],
    ['a desktop', "Now drawing from 'AC Power'\n", false],
    ['on a UPS', "Now drawing from 'UPS Power'\n -Back-UPS (id=1)\t90%; discharging; present: true\n", true],
    ['nothing', '', undefined],
  ])('knows %s', (_, text, expected) => {
    expect(onBatteryMac(text)).toBe(expected);
  });
});

describe('onBatteryWindows()', () => {
  it.each<[string, string, boolean | undefined]>([
    ['a desktop', 'end\r\n', false],
    ['plugged in', '2\r\nend\r\n', false],
    ['charging', '6\r\nend\r\n', false],
    ['on battery', '1\r\nend\r\n', true],
    ['nearly empty', '5\r\nend\r\n', true],
    ['two batteries, one at work', '2\r\n1\r\nend\r\n', true],
    ['one that does not tell', '10\r\nend\r\n', undefined],
    ['an answer that was cut short', '', undefined],
  ])('knows %s', (_, text, expected) => {
    expect(onBatteryWindows(text)).toBe(expected);
  });
});

function callsOf(platform: NodeJS.Platform, changes: Partial<PowerCalls> = {}) {
  const ran: string[] = [];
  const calls: PowerCalls = {
    platform,
    systemRoot: 'D:\\Windows',
    supplies: async () => [AC_OFF, DISCHARGING],
    run: async (file) => {
      ran.push(file);
      return platform === 'win32' ? '1\r\nend\r\n' : "Now drawing from 'Battery Power'\n";
    },
    ...changes,
  };
  return { calls, ran };
}

function fail(): never {
  throw new Error('no such file');
}

describe('isOnBattery()', () => {
  it.each<[NodeJS.Platform, string[]]>([
    ['linux', []],
    ['darwin', ['/usr/bin/pmset']],
    ['win32', ['D:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe']],
  ])('asks %s in its own way', async (platform, programs) => {
    const { calls, ran } = callsOf(platform);
    expect(await isOnBattery(calls)).toBe(true);
    expect(ran).toEqual(programs);
  });

  it('does not know when the system cannot be asked', async () => {
    expect(await isOnBattery(callsOf('linux', { supplies: fail }).calls)).toBeUndefined();
    expect(await isOnBattery(callsOf('win32', { run: fail }).calls)).toBeUndefined();
    expect(await isOnBattery(callsOf('freebsd').calls)).toBeUndefined();
  });
});
