import type { Quota } from '../../broker/quotas.js';
import type { GrantTerms } from '../asking/terms.js';
import type { GrantEntity, GrantExtension } from '../grant.entity.js';

/** What an approval attaches: conditions, which go to the recipient, and what the grant may use of the broker. */
export type Attached = Pick<GrantTerms, 'conditions'> & { quota?: Quota };

/** Conditions in the words of who decides, with who that is. Pure. */
export function attachedBy(
  who: { by: string; role: string },
  { conditions, quota }: { conditions: readonly string[]; quota?: Quota | undefined },
): Attached {
  const said = conditions.map((condition) => ({ condition, ...who }));
  return { ...(quota && { quota }), ...(said.length > 0 && { conditions: said }) };
}

/** Has what is attached hold from now on, beside what did. */
export function attach(grant: GrantEntity, { conditions = [], quota }: Attached): void {
  if (quota) grant.quota = quota;
  if (conditions.length === 0) return;
  grant.terms = { ...grant.terms, conditions: [...(grant.terms.conditions ?? []), ...conditions] };
}

/** What every decider of a later end attached so far: it holds with the later end, and comes to nothing with it. Pure. */
export function attachedTo(
  extension: GrantExtension,
  { conditions = [], quota }: Attached,
): Attached {
  const all = [...(extension.conditions ?? []), ...conditions];
  const last = quota ?? extension.quota;
  return { ...(last && { quota: last }), ...(all.length > 0 && { conditions: all }) };
}
