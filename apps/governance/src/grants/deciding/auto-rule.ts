import type { DataContract, Purpose } from '@caremesh/contract';
import type { AutoGrantRule } from '../ground-rules/shapes.js';

const DAY_MS = 86_400_000;

/** As much of a request as the rules of a policy look at. */
export type AskedFor = {
  kind: 'individual-care' | 'view';
  purpose: Purpose;
  organisation: string;
  startsAt: Date;
  endsAt: Date;
  /** It asks that an opt-out be passed over. */
  exempted: boolean;
  products: readonly {
    product: string;
    fields: readonly string[];
    contract: Pick<DataContract, 'fields'> | null;
  }[];
};

/** The first rule that lets the request through with nobody asked, or undefined. Pure. */
export function ruleFor(
  rules: readonly AutoGrantRule[],
  asked: AskedFor,
): AutoGrantRule | undefined {
  // To pass over people's choice is for a person to decide, never for a rule.
  if (asked.kind !== 'view' || asked.exempted || asked.products.length === 0) return undefined;
  return rules.find((rule) => meets(rule, asked));
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
