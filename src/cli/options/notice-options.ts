/** Whom to tell, and how mail gets there. */
export const NOTICE_OPTIONS = {
  notify: {
    type: 'string',
    array: true,
    default: [] as string[],
    describe: 'Tell: healthchecks:URL, ntfy:URL, webhook:URL, mailto:ADDRESS, desktop:',
    requiresArg: true,
  },
  'smtp-file': {
    type: 'string',
    describe: 'A file with the mail server: smtps://user:password@host',
    requiresArg: true,
  },
} as const;
