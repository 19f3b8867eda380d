import { In } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { ProductMajorEntity } from '../products/product.entity.js';
import { ProposalEntity, VersionContentEntity } from '../proposals/proposal.entity.js';
import type { Wanted } from './request.js';
import type { RequestBody } from './shapes.js';

const PUBLISHED = ['published', 'deprecated'] as const;

/** The products a request names, each with the newest contract of the major it names. */
export async function wantedProducts(em: EntityManager, given: RequestBody): Promise<Wanted[]> {
  const { product: one = '', major: of, version: its } = given;
  const asked = given.products ?? [{ product: one, major: of, version: its }];
  const products = In(asked.map(({ product }) => product));
  const majors = await em.findBy(ProductMajorEntity, { product: products });
  const contents = await em.findBy(VersionContentEntity, {
    contentHash: In(majors.map(({ latestHash }) => latestHash)),
  });
  const published = asked.some(({ version }) => version !== undefined)
    ? await em.findBy(ProposalEntity, { product: products, state: In([...PUBLISHED]) })
    : [];
  return asked.map(({ product, major, version }) => {
    const held = majors.find((row) => row.product === product && row.major === major);
    const isOpen = held !== undefined && held.status !== 'retired';
    const content = contents.find((row) => row.contentHash === held?.latestHash);
    return {
      product,
      major,
      contract: isOpen ? (content?.contract ?? null) : null,
      known: majors.some((row) => row.product === product),
      versionKnown:
        version === undefined ||
        published.some(
          (row) => row.product === product && row.major === major && row.version === version,
        ),
    };
  });
}
