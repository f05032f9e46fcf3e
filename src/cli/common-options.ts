/** The options that every command has. */
export interface CommonOptions {
  readonly plan: string;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly log: string | undefined;
}
