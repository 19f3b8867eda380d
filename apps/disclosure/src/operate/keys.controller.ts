import { Allow, Documented } from '@caremesh/platform';
import { Controller, Get, HttpCode, Post } from '@nestjs/common';

import { StoredPseudonymKeys } from '../keys/pseudonym-keys.js';

/** The pseudonym keys as people may see them: whose, and what closes them; never a key. */
@Controller('v1/keys')
export class KeysController {
  readonly #keys: StoredPseudonymKeys;

  constructor(keys: StoredPseudonymKeys) {
    this.#keys = keys;
  }

  @Documented({ summary: 'Whose pseudonym keys there are, and what closes each' })
  @Get()
  @Allow('ig-lead', 'caldicott-guardian', 'auditor', 'administrator')
  async list() {
    return { items: await this.#keys.list(), next: null };
  }

  /** After that a former key file can go. No pseudonym changes. */
  @Documented({ summary: 'Wrap every key under the wrapping key in use' })
  @Post('rewrap')
  @HttpCode(200)
  @Allow('administrator')
  async rewrap() {
    return { rewrapped: await this.#keys.rewrap() };
  }
}
