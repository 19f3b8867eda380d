import { TokenVerifier } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';

const LEAD = 'governance-lead';

/**
 * Checks tokens as every service does, and gives the person named by configuration the governance lead's
 * role: a mesh that starts empty has nobody yet whom a role could have been given by.
 */
export class FirstLeadVerifier {
  readonly #verifier: Pick<TokenVerifier, 'verify'>;
  readonly #firstLead: string | undefined;

  constructor(verifier: Pick<TokenVerifier, 'verify'>, firstLead: string | undefined) {
    this.#verifier = verifier;
    this.#firstLead = firstLead;
  }

  /** The caller of a token. Throws as TokenVerifier does. */
  async verify(token: string): Promise<Caller> {
    const caller = await this.#verifier.verify(token);
    if (caller.sub !== this.#firstLead || caller.roles.includes(LEAD)) return caller;
    return { ...caller, roles: [...caller.roles, LEAD] };
  }
}
