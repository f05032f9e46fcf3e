// How a library is served: the options of `serve`, and of the entry of the system that starts it.
import { wordsOf } from './run-words.ts';

export const SERVE_OPTIONS = {
  listen: {
    type: 'string',
    default: '127.0.0.1:8400',
    describe: 'Where it listens',
    requiresArg: true,
  },
  cert: { type: 'string', describe: 'Certificate for https, in PEM', requiresArg: true },
  key: { type: 'string', describe: 'Its key, in PEM', requiresArg: true },
  'insecure-lan': {
    type: 'boolean',
    default: false,
    describe: 'Listen beyond this machine without https: others on the way can read tokens and files',
  },
  'base-url': {
    type: 'string',
    describe: 'How clients reach it, as through a proxy: https://photos.example.org',
    requiresArg: true,
  },
  'trusted-proxy': {
    type: 'string',
    array: true,
    describe: 'Address of a proxy, whose X-Forwarded-For says who asks',
    requiresArg: true,
  },
  'max-size': {
    type: 'string',
    default: '100GB',
    describe: 'The largest file that is taken',
    requiresArg: true,
  },
  'min-free': {
    type: 'string',
    default: '1GB',
    describe: 'What stays free on the disk',
    requiresArg: true,
  },
} as const;

export const MIN_FREE: (typeof SERVE_OPTIONS)['min-free'] = SERVE_OPTIONS['min-free'];

/** What {@link SERVE_OPTIONS} give. */
export interface ServeValues {
  readonly listen: string;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly insecureLan: boolean;
  readonly baseUrl: string | undefined;
  readonly trustedProxy: readonly string[] | undefined;
  readonly maxSize: string;
  readonly minFree: string;
}

/** The words on a command line that give `serve` these options, from any folder; what is so by default is left out. */
export function serveWords(options: ServeValues): readonly string[] {
  return wordsOf(SERVE_OPTIONS, { ...options }, ['cert', 'key']);
}
