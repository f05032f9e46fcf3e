/** What stands for the value of an option in help, where it is not its own name in capitals. */
const PLACEHOLDERS: Readonly<Record<string, string>> = {
  after: 'COMMAND',
  as: 'FORMAT',
  at: 'WHEN',
  'base-url': 'URL',
  before: 'COMMAND',
  cacert: 'FILE',
  cert: 'FILE',
  config: 'FILE',
  cron: 'EXPRESSION',
  depth: 'N',
  encrypt: 'RECIPIENTS',
  exclude: 'GLOB',
  html: 'FILE',
  identity: 'FILE',
  jitter: 'DURATION',
  jobs: 'N',
  keep: 'RULE',
  key: 'FILE',
  listen: 'HOST:PORT',
  log: 'FILE',
  'max-rate': 'RATE',
  'max-size': 'SIZE',
  'min-free': 'SIZE',
  notify: 'ADDRESS',
  'notify-on': 'WHICH',
  only: 'NAME',
  'on-failure': 'UNIT',
  overwrite: 'MODE',
  plan: 'FILE',
  reason: 'TEXT',
  sample: 'SHARE',
  seed: 'NUMBER',
  serve: 'FOLDER',
  shard: 'I/N',
  'smtp-file': 'FILE',
  timezone: 'ZONE',
  to: 'FOLDER',
  'to-file': 'FILE',
  'token-file': 'FILE',
  'trusted-proxy': 'ADDRESS',
  with: 'SCHEDULER',
};

/** The same for single commands, by `COMMAND OPTION`. */
const OF_COMMANDS: Readonly<Record<string, string>> = {
  'export to': 'FILE',
  'push to': 'PLACE',
  'schedule at': 'TIME',
};

/** Those whose value may be left out are given it with `=`. */
const OPTIONAL: Readonly<Record<string, string>> = {
  'accept-changes': '[=PATH]',
  shutdown: '[=always]',
};

/** ` FOLDER` for `--to`, with what separates it from the option. @param command - The first word of the command. */
export function placeholderOf(name: string, command: string | undefined): string {
  const optional = OPTIONAL[name];
  if (optional !== undefined) return optional;
  return ` ${OF_COMMANDS[`${command ?? ''} ${name}`] ?? PLACEHOLDERS[name] ?? name.toUpperCase()}`;
}
