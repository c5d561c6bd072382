/** The little of EXIF (CIPA DC-008, over TIFF 6.0) that pictures need: which way up they are, and texts. */

/** Tags of the first directory. */
const tags = { description: 0x010e, orientation: 0x0112, software: 0x0131 } as const;

const types = { ascii: 2, short: 3 } as const;

const entryBytes = 12;
const headerBytes = 8;

export interface ImageMetadata {
  /** EXIF ImageDescription: what the picture is, for example how it was made. */
  readonly description?: string;
  /** EXIF Software: name and version of the program. */
  readonly software?: string;
  /** How it may be made again; in PNG alone, as its text `Comment`. */
  readonly comment?: string;
}

/**
 * Which way up the stored picture is.
 *
 * @param exif from the TIFF header on, as in PNG's `eXIf` chunk.
 * @returns 1 to 8, as EXIF counts; 1, upright, where nothing sensible is said.
 */
export function exifOrientation(exif: Uint8Array): number {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  const has = (offset: number, length: number): boolean => offset + length <= exif.length;
  if (!has(0, headerBytes)) return 1;
  const isLittle = view.getUint16(0) === 0x4949;
  const directory = view.getUint32(4, isLittle);
  if (!has(directory, 2)) return 1;
  const count = view.getUint16(directory, isLittle);
  for (let index = 0; index < count; index++) {
    const entry = directory + 2 + index * entryBytes;
    if (!has(entry, entryBytes)) return 1;
    if (view.getUint16(entry, isLittle) !== tags.orientation) continue;
    const value = view.getUint16(entry + 8, isLittle);
    return view.getUint16(entry + 2, isLittle) === types.short && value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Texts as EXIF, from the TIFF header on. EXIF's are ASCII: letters lose their accents, other characters become `?`. */
export function exifOf({ description, software }: ImageMetadata): Uint8Array {
  const texts = [
    [tags.description, description],
    [tags.software, software],
  ] as const;
  const entries = texts.flatMap(([tag, text]) => (text === undefined ? [] : [{ tag, bytes: asciiOf(text) }]));
  const directoryEnd = headerBytes + 2 + entries.length * entryBytes + 4;
  const exif = new Uint8Array(entries.reduce((sum, { bytes }) => sum + bytes.length, directoryEnd));
  const view = new DataView(exif.buffer);
  // Little-endian, TIFF's number, where the directory begins, its length.
  view.setUint16(0, 0x4949);
  view.setUint16(2, 42, true);
  view.setUint32(4, headerBytes, true);
  view.setUint16(headerBytes, entries.length, true);
  let end = directoryEnd;
  for (const [index, { tag, bytes }] of entries.entries()) {
    const entry = headerBytes + 2 + index * entryBytes;
    view.setUint16(entry, tag, true);
    view.setUint16(entry + 2, types.ascii, true);
    view.setUint32(entry + 4, bytes.length, true);
    view.setUint32(entry + 8, end, true);
    exif.set(bytes, end);
    end += bytes.length;
  }
  return exif;
}

/** At least five bytes, with the NUL at the end: shorter values would stand in the directory itself. */
function asciiOf(text: string): Uint8Array {
  const ascii = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/gu, '?');
  return Uint8Array.from(`${ascii.padEnd(4)}\0`, (character) => character.charCodeAt(0));
}
