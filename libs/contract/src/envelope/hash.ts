import { createHash } from 'node:crypto';

/** The files of one version folder: relative path (`contract.odcs.yaml`, `examples/bad/x.json`) to text. */
export type VersionFiles = Record<string, string>;

/**
 * What a decision is bound to. SHA-256 over, for each file in byte order of its relative path:
 * the path as UTF-8, one zero byte, the length as 8 bytes big-endian, the file's bytes (of text, its UTF-8).
 * @returns `sha256:<64 hex digits>`
 */
export function contentHash(files: Record<string, string | Uint8Array>): string {
  const hash = createHash('sha256');
  const entries = Object.entries(files).map(
    ([path, content]) => [Buffer.from(path, 'utf8'), toBytes(content)] as const,
  );
  entries.sort(([a], [b]) => Buffer.compare(a, b));
  for (const [path, bytes] of entries) {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(bytes.byteLength));
    hash.update(path).update(Buffer.of(0)).update(length).update(bytes);
  }
  return `sha256:${hash.digest('hex')}`;
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
}
