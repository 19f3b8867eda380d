import { Allow, CallerOf, Documented } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Controller, Get, Headers, HttpCode, Param, Post, StreamableFile } from '@nestjs/common';

import { Snapshots } from '../snapshots/snapshots.js';
import { Uses } from '../use/uses.js';
import { Holders } from './holders.js';

const MEDIA_TYPES = {
  parquet: 'application/vnd.apache.parquet',
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
};

/** Snapshots of a grant's views: listed, wished for, and fetched with the grant's own credential. */
@Controller('v1/grants/:id/snapshots')
export class SnapshotController {
  constructor(
    private readonly holders: Holders,
    private readonly snapshots: Snapshots,
    private readonly uses: Uses,
  ) {}

  @Documented({ summary: 'The newest snapshot of each view' })
  @Get()
  @Allow('kind:user', 'kind:grant')
  async list(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ) {
    await this.holders.seen({ caller, authorization }, id);
    return { items: await this.snapshots.list(id), next: null };
  }

  /** Asks for a snapshot as soon as may be. */
  @Documented({ summary: 'Ask for snapshots as soon as the views are filled', status: 202 })
  @Post()
  @HttpCode(202)
  @Allow('kind:user', 'kind:grant')
  async want(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
  ): Promise<void> {
    await this.holders.holding({ caller, authorization }, id);
    await this.snapshots.want(id);
  }

  /** One file. It is data of the grant, so the grant's own token alone will do: nobody's personal one. */
  @Documented({
    summary: 'One file of a snapshot, with the token of the grant’s own credential',
    produces: 'application/octet-stream',
  })
  @Get(':snapshot/files/:name')
  @Allow('kind:grant')
  async file(
    @CallerOf() caller: Caller,
    @Headers('authorization') authorization: string,
    @Param('id') id: string,
    @Param('snapshot') snapshot: string,
    @Param('name') name: string,
  ): Promise<StreamableFile> {
    await this.holders.holding({ caller, authorization }, id);
    const { topic, rows, file, bytes } = await this.snapshots.file(id, snapshot, name);
    try {
      // The manifest is no record of anybody's.
      if (file.format !== 'json') await this.uses.fetched({ grantId: id, topic }, rows);
    } catch (error) {
      bytes.destroy();
      throw error;
    }
    return new StreamableFile(bytes, {
      type: MEDIA_TYPES[file.format],
      length: file.bytes,
      disposition: `attachment; filename="${file.name}"`,
    });
  }
}
