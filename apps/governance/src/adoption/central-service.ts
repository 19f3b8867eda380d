import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { problem } from '@caremesh/platform';
import { Inject, Injectable } from '@nestjs/common';
import { z } from 'zod';
import { standardErrors } from '../errors.js';
import { SETTINGS } from '../settings.js';
import type { Settings } from '../settings.js';

const FOLDER = ['mesh', 'central-services'];
const sentence = z.string().min(2).max(800);

/** An onboarding page, as `schemas/mesh/central-services` has it. */
const centralService = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: sentence,
  owner: sentence,
  what: sentence,
  whoMayUse: sentence,
  standards: z.array(z.string()),
  steps: z.array(z.strictObject({ title: sentence, text: sentence, usually: sentence })).min(1),
  youWillNeed: z.array(sentence).min(1),
  inThisMesh: sentence,
  contact: z.strictObject({
    name: sentence,
    email: z.email().nullable(),
    url: z.url().nullable(),
  }),
  documentation: z.url(),
  pitfalls: z.array(sentence).min(1),
});
export type CentralService = z.output<typeof centralService>;

/** Pages on how to get onto each central service: read when asked for, they are few and small. */
@Injectable()
export class CentralServices {
  readonly #folder: string;

  constructor(@Inject(SETTINGS) settings: Settings) {
    // The document of the API is written without settings.
    this.#folder = join(settings.schemasDir ?? '.', ...FOLDER);
  }

  async list() {
    const pages = await this.#pages();
    const items = pages.map(({ id, title, owner, what, steps, contact }) => ({
      id,
      title,
      owner,
      what,
      steps: steps.length,
      contact,
    }));
    return { items, next: null };
  }

  /** One page. Throws MESH-3807. */
  async show(id: string): Promise<CentralService> {
    const found = (await this.#pages()).find((one) => one.id === id.toLowerCase());
    if (!found) throw problem(standardErrors.centralServiceNotFound, id.slice(0, 60));
    return found;
  }

  async #pages(): Promise<CentralService[]> {
    const names = await readdir(this.#folder).catch(() => [] as string[]);
    const files = names.filter((name) => name.endsWith('.json')).sort();
    const texts = await Promise.all(
      files.map((name) => readFile(join(this.#folder, name), 'utf8')),
    );
    return texts.map((text) => centralService.parse(JSON.parse(text)));
  }
}
