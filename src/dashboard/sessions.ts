// Who may ask: a code works once, and is exchanged for a token. Both live as long as the server.
import { hashOf, isSecret, newCode, newToken, plainCode } from '../serve/users/secrets.ts';

/**
 * A command line can be read by every user of a machine, and an address stays in the history of a browser: so what stands in
 * them is worth nothing once it was used. The token never stands in an address.
 */
export class Sessions {
  #code: string | undefined;
  readonly #tokens: string[] = [];

  /** A new code, which is the only one that is good from now on. */
  issueCode(): string {
    const code = newCode();
    this.#code = hashOf(plainCode(code));
    return code;
  }

  /** The token for `code`, which is spent by that; undefined when it is not, or no longer, good. */
  exchange(code: string): string | undefined {
    if (this.#code === undefined || !isSecret(plainCode(code), this.#code)) return undefined;
    this.#code = undefined;
    const { token, hash } = newToken();
    this.#tokens.push(hash);
    return token;
  }

  isKnown(token: string): boolean {
    return this.#tokens.some((hash) => isSecret(token, hash));
  }
}
