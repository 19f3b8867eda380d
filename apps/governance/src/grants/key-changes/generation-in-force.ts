import type { EntityManager } from 'typeorm';
import { KeyGenerationEntity } from './key-generation.entity.js';

/** Who has pseudonym keys of their own: an organisation, for one purpose. A generation is of all of them, one for each rule of the opt-out. */
export type Recipient = Pick<KeyGenerationEntity, 'organisation' | 'purpose'>;

/** The generation of a recipient's pseudonym key that was decided last; 1 until somebody decided another. */
export async function generationOf(
  em: EntityManager,
  { organisation, purpose }: Recipient,
): Promise<number> {
  const last = await em.maximum(KeyGenerationEntity, 'generation', { organisation, purpose });
  return last ?? 1;
}
