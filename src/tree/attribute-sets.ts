/** Sets of extended attributes, each kept once however many entries have it: labels of a system are the same on most files. */
export class AttributeSets {
  readonly #texts: (string | undefined)[] = [undefined];
  readonly #numbers = new Map<string | undefined, number>([[undefined, 0]]);

  /** The number of a set; 0 for undefined. */
  add(attributes: string | undefined): number {
    const known = this.#numbers.get(attributes);
    if (known !== undefined) return known;
    this.#texts.push(attributes);
    this.#numbers.set(attributes, this.#texts.length - 1);
    return this.#texts.length - 1;
  }

  get(number: number): string | undefined {
    return this.#texts[number];
  }
}
