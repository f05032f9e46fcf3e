/** So many names are given to one command. */
export const NAMES = 40;

/** Lines of a script, in which words that follow each other for one command share a line, {@link NAMES} at most. */
export class ScriptLines {
  readonly #lines: string[] = [];
  #command = '';
  #words: string[] = [];

  word(command: string, word: string): void {
    if (command !== this.#command || this.#words.length >= NAMES) this.#end();
    this.#command = command;
    this.#words.push(word);
  }

  line(line: string): void {
    this.#end();
    this.#lines.push(line);
  }

  all(): readonly string[] {
    this.#end();
    return this.#lines;
  }

  #end(): void {
    if (this.#words.length > 0) this.#lines.push(`${this.#command} ${this.#words.join(' ')}`);
    this.#words = [];
  }
}
