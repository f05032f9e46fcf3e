import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { systemCode } from '../../base/errors.ts';
import { type Channel, type Message, Undelivered } from './channel.ts';

/** A program, its arguments and what its environment has besides; there is no shell in between. */
export interface DesktopCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Whose desktop it is. */
export interface Desk {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
}

const THIS_DESK: Desk = {
  platform: process.platform,
  env: process.env,
  uid: process.getuid?.() ?? 0,
};

/** What fits into a notification. */
const MOST_CHARACTERS = 300;

// PowerShell has a name that Windows shows notifications of; this program has none.
const TOAST = [
  '$m = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]',
  '$x = $m::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)',
  "$t = $x.GetElementsByTagName('text')",
  '$null = $t.Item(0).AppendChild($x.CreateTextNode($env:SNAPSHOT_TITLE))',
  '$null = $t.Item(1).AppendChild($x.CreateTextNode($env:SNAPSHOT_TEXT))',
  String.raw`$i = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'`,
  '$m::CreateToastNotifier($i).Show([Windows.UI.Notifications.ToastNotification]::new($x))',
].join('; ');

/** Shows a notification on this machine's desktop. */
export function desktop(desk: Desk = THIS_DESK): Channel {
  return {
    label: 'desktop',
    isMonitor: false,
    send: async (message, signal) => {
      const { file, args, env } = desktopCommand(desk, message);
      try {
        await promisify(execFile)(file, args, { env: { ...desk.env, ...env }, signal });
      } catch (cause) {
        if (systemCode(cause) !== 'ENOENT') throw cause;
        throw new Undelivered(`this machine has no \`${file}\``, true, cause);
      }
    },
  };
}

/** What shows `message` on `desk`. File names in it can hold anything, so no language is to read them. */
export function desktopCommand({ platform, env, uid }: Desk, message: Message): DesktopCommand {
  const { title, text, moment } = message;
  const short = text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS)}...`;
  if (platform === 'win32') {
    return {
      file: `${env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`,
      args: ['-NoProfile', '-NonInteractive', '-Command', TOAST],
      env: { SNAPSHOT_TITLE: title, SNAPSHOT_TEXT: short },
    };
  }
  if (platform === 'darwin') {
    const script = 'display notification (item 2 of argv) with title (item 1 of argv)';
    const lines = ['on run argv', script, 'end run'].flatMap((line) => ['-e', line]);
    return { file: '/usr/bin/osascript', args: [...lines, title, short], env: {} };
  }
  const urgency = `--urgency=${moment === 'failure' ? 'critical' : 'normal'}`;
  // The text may have markup, see the Desktop Notifications Specification.
  const plain = short.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return {
    file: 'notify-send',
    args: ['--app-name=snapshot', urgency, '--', title, plain],
    // cron does not say where the session's bus is; this is where systemd puts it.
    env: env['DBUS_SESSION_BUS_ADDRESS'] === undefined ? { DBUS_SESSION_BUS_ADDRESS: busOf(uid) } : {},
  };
}

function busOf(uid: number): string {
  return `unix:path=/run/user/${uid}/bus`;
}
