/** What is wrong with content, before it is known which files that costs. */
export class Damaged extends Error {
  // On the prototype, so that the stack trace already carries it.
  override get name(): string {
    return 'Damaged';
  }
}
