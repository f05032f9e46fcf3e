/** What a request is refused for. Part of the protocol: docs/serve.md lists the statuses. */
export class Refusal extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** What the answer says besides the message. */
  readonly more: Readonly<Record<string, unknown>>;

  constructor(status: number, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }

  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'Refusal';
  }
}
