import { problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';

import { outputPortErrors } from '../errors.js';
import type { Governance, Grant } from '../governance/governance.js';

/** A request's caller with the authorization it came with. */
export type Asking = { caller: Caller; authorization: string };

/** Who may do what with the port of a grant. */
export class Holders {
  readonly #governance: Pick<Governance, 'grant' | 'grantShownTo'>;

  constructor(governance: Pick<Governance, 'grant' | 'grantShownTo'>) {
    this.#governance = governance;
  }

  /** The grant for whoever may see it: its own credential, and whom governance shows it to. Throws MESH-4503. */
  async seen({ caller, authorization }: Asking, id: string): Promise<Grant> {
    const grant = isOwnCredential(caller, id)
      ? await this.#governance.grant(id)
      : await this.#governance.grantShownTo(authorization, id);
    if (grant === null) throw problem(outputPortErrors.grantNotFound, id);
    return grant;
  }

  /** The grant for its own credential or who asked for it, while it is active. Throws as `own` does. */
  async holding(asking: Asking, id: string): Promise<Grant> {
    if (!isOwnCredential(asking.caller, id)) return this.own(asking, id);
    const grant = await this.seen(asking, id);
    if (!grant.isActive) throw problem(outputPortErrors.noActiveView, id);
    return grant;
  }

  /**
   * The grant for who asked for it, however it stands: who gives something back need not wait until it may be had again.
   * Throws MESH-4503, MESH-4504.
   */
  async requested(asking: Asking, id: string): Promise<Grant> {
    const grant = await this.seen(asking, id);
    if (grant.requestedBy !== asking.caller.sub) throw problem(outputPortErrors.holderOnly, id);
    return grant;
  }

  /** The same while it may be used. Throws MESH-4505 too (not active, or for individual care). */
  async own(asking: Asking, id: string): Promise<Grant> {
    const grant = await this.requested(asking, id);
    if (!grant.isActive || grant.views.length === 0) {
      throw problem(outputPortErrors.noActiveView, id);
    }
    return grant;
  }
}

/** A grant's token is for this very grant; governance does not know it as a person. */
const isOwnCredential = ({ kind, name }: Caller, id: string): boolean =>
  kind === 'grant' && name === id;
