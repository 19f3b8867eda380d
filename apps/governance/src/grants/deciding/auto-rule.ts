import { choiceApplies } from '@caremesh/contract';
import type { CommonLaw, DataContract, Exemption, Purpose } from '@caremesh/contract';
import type { AutoGrantRule } from '../ground-rules/shapes.js';

const DAY_MS = 86_400_000;

/** As much of a request as the rules of a policy look at. */
export type AskedFor = {
  kind: 'individual-care' | 'view';
  purpose: Purpose;
  organisation: string;
  startsAt: Date;
  endsAt: Date;
  commonLaw: CommonLaw;
  /** It asks that an opt-out be passed over. */
  exemption: Exemption | null;
  products: readonly {
    product: string;
    fields: readonly string[];
    contract: Pick<DataContract, 'fields' | 'legalBasis'> | null;
  }[];
};

/** The first rule that lets the request through with nobody asked, or undefined. Pure. */
export function ruleFor(
  rules: readonly AutoGrantRule[],
  asked: AskedFor,
): AutoGrantRule | undefined {
  if (asked.kind !== 'view' || asked.products.length === 0) return undefined;
  if (passesOver(asked)) return undefined;
  return rules.find((rule) => meets(rule, asked));
}

/**
 * Would people's choice be passed over on the requester's word? That is for a person to decide, never for a rule; but where
 * every contract states that very route for the purpose, those who approved the contract have decided it.
 */
function passesOver({ purpose, commonLaw, exemption, products }: AskedFor): boolean {
  if (exemption !== null) return true;
  if (choiceApplies('national', { purpose, commonLaw, data: 'confidential' }).applies) return false;
  const states = (one: AskedFor['products'][number]) =>
    one.contract?.legalBasis.some(
      (basis) => basis.purpose === purpose && basis.commonLaw === commonLaw,
    ) ?? false;
  return !products.every(states);
}

function meets(rule: AutoGrantRule, { purpose, organisation, products, ...period }: AskedFor) {
  const lastsMs = period.endsAt.getTime() - period.startsAt.getTime();
  return (
    (rule.purposes as readonly string[]).includes(purpose) &&
    rule.organisations.includes(organisation) &&
    lastsMs <= rule.longestDays * DAY_MS &&
    products.every(
      ({ product, fields, contract }) =>
        rule.products.includes(product) &&
        contract !== null &&
        fields.length > 0 &&
        fields.every((field) => isWithin(rule, contract, field)),
    )
  );
}

/** The field and all that is inside it; one the contract does not know is within nothing. */
function isWithin(
  { classifications }: AutoGrantRule,
  { fields }: Pick<DataContract, 'fields'>,
  name: string,
): boolean {
  const inside = fields.filter(
    ({ path }) => path === name || (/^[.[]/.test(path.slice(name.length)) && path.startsWith(name)),
  );
  return (
    inside.length > 0 &&
    inside.every(({ classification }) => classifications.includes(classification))
  );
}
