import { demandOf, isDeclared, reaches } from '@caremesh/contract';
import type { CareSetting, DataContract, Standard } from '@caremesh/contract';

/** Where an organisation stands with one standard. */
type Gap = {
  standard: string;
  title: string;
  state: Standard['state'];
  demand: 'now' | 'coming';
  conformanceDate: string | null;
  /** `not-in-contracts`: it is about the organisation or an interface, which no contract can show. */
  status: 'conforms' | 'gap' | 'not-held' | 'not-in-contracts';
  conforming: string[];
  lacking: string[];
  /** Working days, least and most: the estimate of the standard for each product that lacks it. */
  effort: { days: [number, number]; what: string } | null;
  contact: Standard['support'];
};

export type GapReport = {
  careSettings: CareSetting[];
  products: string[];
  totals: Record<Gap['status'], number> & { effortDays: [number, number] };
  /** Standards still in draft or trial that the products conform to already. */
  early: { standard: string; state: Standard['state']; products: string[] }[];
  items: Gap[];
};

/**
 * Where products stand with what is mandated in their care settings on `today`, the largest gaps first. Effort is an
 * estimate to plan by; no money is promised. Pure.
 */
export function gapReport(
  standards: readonly Standard[],
  contracts: readonly DataContract[],
  careSettings: readonly CareSetting[],
  today: string,
): GapReport {
  const items = standards
    .filter((one) => one.careSettings.some((setting) => careSettings.includes(setting)))
    .flatMap((standard) => {
      const demand = demandOf(standard, today);
      return demand === 'nothing' ? [] : [gapOf(standard, contracts, demand)];
    })
    .sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status));
  const count = (status: Gap['status']) => items.filter((one) => one.status === status).length;
  return {
    careSettings: [...careSettings],
    products: contracts.map(({ product }) => product),
    totals: {
      gap: count('gap'),
      'not-in-contracts': count('not-in-contracts'),
      conforms: count('conforms'),
      'not-held': count('not-held'),
      effortDays: sumOf(items.filter(({ status }) => status === 'gap')),
    },
    early: standards.flatMap((standard) => earlyOf(standard, contracts)),
    items,
  };
}

const ORDER: readonly Gap['status'][] = ['gap', 'not-in-contracts', 'conforms', 'not-held'];

function gapOf(
  standard: Standard,
  contracts: readonly DataContract[],
  demand: 'now' | 'coming',
): Gap {
  const { id, title, state, conformanceDate, support, effort } = standard;
  const reached = contracts.filter((contract) => reaches(standard, contract));
  const productsOf = (conforms: boolean) =>
    reached
      .filter((contract) => isDeclared(standard, contract) === conforms)
      .map(({ product }) => product);
  const [conforming, lacking] = [productsOf(true), productsOf(false)];
  const status = statusOf(standard, reached.length, lacking.length);
  const times = status === 'gap' ? lacking.length : 1;
  const isOpen = status === 'gap' || status === 'not-in-contracts';
  return {
    standard: id,
    title,
    state,
    demand,
    conformanceDate,
    status,
    conforming,
    lacking,
    effort: isOpen
      ? { days: [effort.days[0] * times, effort.days[1] * times], what: effort.what }
      : null,
    contact: support,
  };
}

function statusOf(standard: Standard, reached: number, lacking: number): Gap['status'] {
  if (standard.appliesTo.products.length === 0) return 'not-in-contracts';
  if (reached === 0) return 'not-held';
  return lacking > 0 ? 'gap' : 'conforms';
}

function earlyOf(standard: Standard, contracts: readonly DataContract[]): GapReport['early'] {
  if (standard.state !== 'draft' && standard.state !== 'trial') return [];
  const products = contracts
    .filter((contract) => isDeclared(standard, contract))
    .map(({ product }) => product);
  return products.length > 0 ? [{ standard: standard.id, state: standard.state, products }] : [];
}

function sumOf(items: readonly Gap[]): [number, number] {
  const sum = (at: 0 | 1) =>
    items.reduce((total, { effort }) => total + (effort?.days[at] ?? 0), 0);
  return [sum(0), sum(1)];
}
