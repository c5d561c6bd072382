/**
 * Zip archives, read entry by entry through zip.js (decision 0004): no workers, CRC-32 and sizes checked, nothing
 * inflated beyond what an entry declares and the caller allows.
 */

import { type Entry, type FileEntry, Reader, ZipReader } from '@zip.js/zip.js/lib/zip-core-native.js';
import { type FormatCode, FormatError, messageOf } from '../core/errors.ts';
import { type ByteSource, readRange } from './byte-source.ts';

/** A weight file has a few dozen entries; a checkpoint of a large model a few thousand. */
const maxEntries = 65_536;
/** Deflate cannot shrink further: a match of 258 bytes takes at least two bits. */
const maxInflation = 1032;

export interface ZipEntry {
  readonly name: string;
  /** Size after inflating, as the archive declares it; enforced when the entry is read. */
  readonly sizeBytes: number;
}

export interface ZipArchive {
  /** The files, not the directories. */
  readonly entries: ReadonlyMap<string, ZipEntry>;
  /**
   * The content of an entry.
   *
   * @throws FormatError when the entry is absent, larger than `maxBytes`, encrypted, damaged, or not of its declared size.
   */
  read(name: string, maxBytes: number): Promise<Uint8Array>;
  /** The first bytes of an entry, at most so many; no more of it is inflated, nor is its checksum known. @throws FormatError as `read`. */
  start(name: string, maxBytes: number): Promise<Uint8Array>;
}

/** Reads the central directory. @throws FormatError when there is none, or names repeat. */
export async function openZip(source: ByteSource): Promise<ZipArchive> {
  // Not 'strict': PyTorch's writer leaves a Zip64 record behind the directory. Repeated names are refused below.
  const reader = new ZipReader(new SourceReader(source), { useWebWorkers: false, strictness: 'balanced' });
  const files = new Map<string, FileEntry>();
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      if (files.size >= maxEntries) {
        throw new FormatError(source.name, 'zip-entry-count', `the zip archive has more than ${maxEntries} entries`);
      }
      if (files.has(entry.filename)) {
        throw new FormatError(source.name, 'zip-entry-repeated', `the zip entry '${entry.filename}' occurs twice`);
      }
      if (!isDirectory(entry)) {
        files.set(entry.filename, entry);
      }
    }
  } catch (error) {
    throw asFormatError(source, 'zip-directory', 'the zip directory is damaged or ambiguous', error);
  }
  const entries = new Map(
    [...files].map(([name, entry]) => [name, { name, sizeBytes: entry.uncompressedSize }] as const),
  );
  const entryOf = (name: string): FileEntry => {
    const entry = files.get(name);
    if (entry === undefined) {
      throw new FormatError(source.name, 'zip-entry-missing', `the zip entry '${name}' is missing`);
    }
    return entry;
  };
  return {
    entries,
    read: async (name, maxBytes) => readEntry(source, entryOf(name), maxBytes),
    start: async (name, maxBytes) => readStart(source, entryOf(name), maxBytes),
  };
}

async function readStart(source: ByteSource, entry: FileEntry, maxBytes: number): Promise<Uint8Array> {
  const start = new Uint8Array(Math.min(maxBytes, entry.uncompressedSize));
  const enough = new AbortController();
  let filled = 0;
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => {
      const some = chunk.subarray(0, start.length - filled);
      start.set(some, filled);
      filled += some.length;
      if (filled === start.length) enough.abort();
    },
  });
  try {
    await entry.getData(writable, { signal: enough.signal, checkOverlappingEntry: true });
  } catch (error) {
    if (!enough.signal.aborted) throw asDamaged(source, entry, error);
  }
  return start.subarray(0, filled);
}

function asDamaged(source: ByteSource, { filename }: FileEntry, error: unknown): FormatError {
  return asFormatError(source, 'zip-entry-damaged', `the zip entry '${filename}' is damaged`, error);
}

async function readEntry(source: ByteSource, entry: FileEntry, maxBytes: number): Promise<Uint8Array> {
  const { filename, uncompressedSize, compressedSize } = entry;
  if (uncompressedSize > maxBytes) {
    throw new FormatError(
      source.name,
      'zip-entry-size',
      `the zip entry '${filename}' declares ${uncompressedSize} bytes, expected at most ${maxBytes}`,
    );
  }
  if (uncompressedSize > compressedSize * maxInflation) {
    throw new FormatError(
      source.name,
      'zip-entry-inflation',
      `the zip entry '${filename}' declares ${uncompressedSize} bytes, more than its ${compressedSize} compressed ones can hold`,
    );
  }
  const content = new Uint8Array(uncompressedSize);
  let filled = 0;
  const writable = new WritableStream<Uint8Array>({
    write: (chunk) => {
      if (filled + chunk.byteLength > uncompressedSize) {
        throw new RangeError(`more than the declared ${uncompressedSize} bytes`);
      }
      content.set(chunk, filled);
      filled += chunk.byteLength;
    },
  });
  try {
    await entry.getData(writable, { checkCrc32: true, checkOverlappingEntry: true });
  } catch (error) {
    throw asDamaged(source, entry, error);
  }
  if (filled !== uncompressedSize) {
    throw new FormatError(
      source.name,
      'zip-entry-damaged',
      `the zip entry '${filename}' declares ${uncompressedSize} bytes and holds ${filled}`,
    );
  }
  return content;
}

/** zip.js's reader over a ByteSource. */
class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    super(source);
    this.#source = source;
    this.size = source.sizeBytes;
  }

  override readUint8Array(index: number, length: number): Promise<Uint8Array> {
    // zip.js may ask past the end while it looks for records, and expects what there is.
    const end = Math.min(index + length, this.#source.sizeBytes);
    return readRange(this.#source, index, Math.max(0, end - index), 'the zip archive');
  }
}

function isDirectory(entry: Entry): entry is Exclude<Entry, FileEntry> {
  return entry.directory;
}

function asFormatError(source: ByteSource, code: FormatCode, problem: string, error: unknown): FormatError {
  return error instanceof FormatError
    ? error
    : new FormatError(source.name, code, `${problem} (${messageOf(error)}); download it again`);
}
