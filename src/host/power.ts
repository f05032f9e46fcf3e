import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../base/errors.ts';

/** One folder of `/sys/class/power_supply`: its files, by name, trimmed. See sysfs-class-power in the kernel's ABI. */
export type PowerSupply = Readonly<Record<string, string | undefined>>;

const SUPPLIES = '/sys/class/power_supply';
const FILES = ['type', 'scope', 'online', 'status', 'present'] as const;

/** How the system is asked; all throw as Node's do. */
export interface PowerCalls {
  readonly platform: NodeJS.Platform;
  /** Windows: `%SystemRoot%`. */
  readonly systemRoot: string;
  readonly supplies: () => Promise<readonly PowerSupply[]>;
  /** What a program prints. */
  readonly run: (file: string, args: readonly string[]) => Promise<string>;
}

const THIS_MACHINE: PowerCalls = {
  platform: process.platform,
  systemRoot: process.env['SystemRoot'] ?? 'C:\\Windows',
  supplies: async () => await readSupplies(SUPPLIES),
  run: async (file, args) => (await promisify(execFile)(file, args, { timeout: 30_000 })).stdout,
};

/** Whether this machine runs on a battery; undefined when the system does not tell. */
export async function isOnBattery(calls: PowerCalls = THIS_MACHINE): Promise<boolean | undefined> {
  const { platform } = calls;
  try {
    if (platform === 'linux') return onBatteryLinux(await calls.supplies());
    if (platform === 'darwin') return onBatteryMac(await calls.run('/usr/bin/pmset', ['-g', 'batt']));
    if (platform !== 'win32') return undefined;
    const powerShell = `${calls.systemRoot}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
    // An error has to be one for us too: no answer would mean no battery.
    const ask = "$ErrorActionPreference='Stop'; (Get-CimInstance Win32_Battery).BatteryStatus; 'end'";
    return onBatteryWindows(await calls.run(powerShell, ['-NoProfile', '-NonInteractive', '-Command', ask]));
  } catch {
    // Not knowing is an answer; the caller tells it.
    return undefined;
  }
}

/** @param supplies - All that the kernel knows of; none on most desktops. */
export function onBatteryLinux(supplies: readonly PowerSupply[]): boolean | undefined {
  // Those of mice, phones and pens do not drive the machine, and neither does a bay without a battery.
  const own = supplies.filter(({ scope, present }) => scope !== 'Device' && present !== '0');
  const isStore = ({ type }: PowerSupply): boolean => type === 'Battery' || type === 'UPS';
  const stores = own.filter((supply) => isStore(supply));
  const lines = own.filter((supply) => !isStore(supply) && supply['online'] !== undefined);
  // Behind an UPS that runs dry, everything seems plugged in.
  if (stores.some(({ type, status }) => type === 'UPS' && status === 'Discharging')) return true;
  // A weak charger does not keep up with a battery, and yet it is plugged in. `2` is a line with a choice of volts.
  if (stores.length === 0 || lines.some(({ online }) => online !== '0')) return false;
  if (stores.some(({ status }) => status === 'Discharging')) return true;
  const isKnown = stores.some(({ status }) => status !== undefined && status !== 'Unknown');
  if (isKnown) return false;
  return lines.length > 0 ? true : undefined;
}

/** @param text - Of `pmset -g batt`, whose first line is `Now drawing from 'AC Power'`. */
export function onBatteryMac(text: string): boolean | undefined {
  const source = /Now drawing from '([^']+)'/.exec(text)?.[1];
  if (source === 'AC Power') return false;
  return source === 'Battery Power' || source === 'UPS Power' ? true : undefined;
}

/**
 * @param text - A line with the `BatteryStatus` of each `Win32_Battery`, then `end`. 1: discharging; 4 and 5: low
 * and critical, which it is called while it discharges only; 10: undefined; all others: there is AC.
 */
export function onBatteryWindows(text: string): boolean | undefined {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.pop() !== 'end') return undefined;
  if (lines.some((status) => ['1', '4', '5'].includes(status))) return true;
  const isKnown = lines.every((status) => /^\d+$/.test(status) && status !== '10');
  return isKnown ? false : undefined;
}

async function readSupplies(folder: string): Promise<readonly PowerSupply[]> {
  const names = await readdir(folder);
  return await Promise.all(
    names.map(async (name) => {
      const fields = FILES.map(async (file) => [file, await readField(join(folder, name, file))] as const);
      return Object.fromEntries(await Promise.all(fields));
    }),
  );
}

async function readField(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    // Not every supply has every file, and a driver may have no answer just now.
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
}
