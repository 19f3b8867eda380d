import { choiceSource } from '../choices/choice-source.js';
import type { ChoiceCode } from '../choices/statement.js';
import { ProductError } from '../errors.js';
import type { Product } from './product.js';
import type { JoinedSource, Source } from './source.js';
import { topicOf } from './subscription.js';
import type { Subscription } from './subscription.js';

/* eslint-disable @typescript-eslint/no-explicit-any -- a domain holds sources and products of many record
   types; each pair was checked against one another by defineProduct, here only their common shape matters. */
export type AnySource = Source<any> | JoinedSource<any>;
export type AnyProduct = Product<any, any>;
type AnySubscription = Subscription<any>;
/* eslint-enable @typescript-eslint/no-explicit-any */

/** A care domain: who it is, what feeds it, what it publishes. */
export type Domain = {
  name: string;
  /** The organisation that runs the service; a record's publisher is stated by each change. */
  organisation: { ods: string; name: string };
  sources: AnySource[];
  products: AnyProduct[];
  /** Products of other domains that this domain's service reads, each under a grant of individual care. */
  subscriptions?: AnySubscription[];
  /** Codes by which this domain's systems record that a person objects to sharing, or to other uses than care. */
  choiceCodes?: readonly ChoiceCode[];
};

/** Says what a domain is; every domain also takes in people's choices. Refuses a definition that cannot work, before anything is started. */
export function defineDomain(definition: Domain): Domain {
  const { name, sources, products } = definition;
  if (products.length === 0) throw new ProductError('definitionInvalid', `${name} has no product`);
  for (const product of products) {
    if (!product.contract.startsWith(`${name}/`)) {
      throw new ProductError(
        'definitionInvalid',
        `${product.contract} is a contract of another domain`,
      );
    }
    if (!sources.includes(product.from as AnySource)) {
      throw new ProductError(
        'definitionInvalid',
        `the source of ${product.contract} is not among the sources`,
      );
    }
  }
  const contracts = new Set(products.map(({ contract }) => contract));
  if (contracts.size < products.length)
    throw new ProductError('definitionInvalid', 'two products have one contract');
  assertRestrictions(definition);
  assertSubscriptions(definition);
  const choices = choiceSource(definition.choiceCodes ?? []);
  const names = [...sources.filter(({ tells }) => !tells), choices].map(({ name }) => name);
  if (new Set(names).size < names.length)
    throw new ProductError('definitionInvalid', 'two sources share a name');
  return { ...definition, sources: [...sources.filter(({ tells }) => !tells), choices] };
}

/** Else the records of somebody restricted would go out as they are. */
function assertRestrictions({ sources, products }: Domain): void {
  if (!sources.some(({ restricts }) => restricts)) return;
  const silent = products.find(({ restricted }) => !restricted);
  if (silent)
    throw new ProductError(
      'definitionInvalid',
      `${silent.contract} does not say what a restricted person's record shows`,
    );
}

function assertSubscriptions({ name, subscriptions = [] }: Domain): void {
  const topics = subscriptions.map(topicOf);
  if (topics.some((topic) => topic.startsWith(`${name}.`)))
    throw new ProductError('definitionInvalid', `${name} subscribes to a product of its own`);
  if (new Set(topics).size < topics.length)
    throw new ProductError('definitionInvalid', 'two subscriptions follow one product');
}
