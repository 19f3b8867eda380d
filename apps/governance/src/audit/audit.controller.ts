import { Allow, CallerOf, body, problem } from '@caremesh/platform';
import type { Caller } from '@caremesh/platform';
import { Body, Controller, Get, Header, Post, Query, StreamableFile } from '@nestjs/common';
import { ledgerErrors } from '../errors.js';
import { Documented } from '../http/documented.js';
import { pageOf, positionOf } from '../http/page.js';
import { Ledger } from '../ledger/ledger.js';
import { AuditExport } from './export.js';
import { ProcessingRecord } from './processing.js';
import { entriesQuery, exportQuery, mayNote, noteBody, processingQuery } from './shapes.js';
import type { EntriesQuery, ExportQuery, NoteBody, ProcessingQuery } from './shapes.js';

/** The ledger: read by auditors and leads, added to by services about what they did themselves. */
@Controller('v1')
export class AuditController {
  readonly #ledger: Ledger;
  readonly #export: AuditExport;
  readonly #processing: ProcessingRecord;

  constructor(ledger: Ledger, auditExport: AuditExport, processing: ProcessingRecord) {
    this.#ledger = ledger;
    this.#export = auditExport;
    this.#processing = processing;
  }

  @Documented({
    summary: 'The ledger as a tar: files to verify, or FHIR AuditEvents',
    query: exportQuery,
    produces: 'application/x-tar',
  })
  @Allow('auditor', 'governance-lead', 'ig-lead', 'administrator')
  @Header('content-disposition', 'attachment; filename="caremesh-ledger.tar"')
  @Get('audit/export')
  async export(@Query(body(exportQuery)) query: ExportQuery): Promise<StreamableFile> {
    const tar = await this.#export.tar(query);
    return new StreamableFile(tar, { type: 'application/x-tar' });
  }

  @Documented({
    summary: 'The record of processing per organisation, as CSV',
    query: processingQuery,
    produces: 'text/csv',
  })
  @Allow('auditor', 'governance-lead', 'ig-lead', 'caldicott-guardian', 'administrator')
  @Header('content-type', 'text/csv; charset=utf-8')
  @Header('content-disposition', 'attachment; filename="record-of-processing.csv"')
  @Get('audit/processing')
  processing(@Query(body(processingQuery)) query: ProcessingQuery): Promise<string> {
    return this.#processing.csv(query.organisation);
  }

  @Documented({ summary: 'Entries of the ledger, newest first', query: entriesQuery })
  @Allow('auditor', 'governance-lead', 'ig-lead', 'administrator')
  @Get('audit/entries')
  async entries(@Query(body(entriesQuery)) query: EntriesQuery) {
    const before = Number(positionOf(query.cursor, 'number')?.[0] ?? Number.MAX_SAFE_INTEGER);
    const { object, limit } = query;
    const rows = await this.#ledger.latest({ object, before, limit: limit + 1 });
    return pageOf(
      rows,
      limit,
      ({ seq }) => [String(seq)],
      (row) => row,
    );
  }

  @Documented({ summary: 'Write an entry about what the calling service did', body: noteBody })
  @Allow('kind:domain', 'kind:service')
  @Post('ledger')
  async note(@CallerOf() caller: Caller, @Body(body(noteBody)) given: NoteBody) {
    if (!mayNote(caller, given)) throw problem(ledgerErrors.reservedAction, given.action);
    await this.#ledger.note({ ...given, actor: caller.sub, role: caller.kind });
    return {};
  }
}
