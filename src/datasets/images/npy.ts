import { fileError } from '../ingest/csv-scan';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const MOST_HEADER = 1 << 16;
const MOST_DIMENSIONS = 8;

type NumberKind = 'b' | 'i' | 'u' | 'f';

/** What the header of a `.npy` file says: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
export interface NpyHeader {
  /** `b` boolean, `i` and `u` integers, `f` floats, `U` UTF-32 texts, `S` byte texts. */
  readonly kind: NumberKind | 'U' | 'S';
  /** Bytes of an element. */
  readonly itemBytes: number;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly start: number;
}

/** Bytes that are enough to read the header of any file that is accepted. */
export const NPY_HEADER_BYTES = MOST_HEADER + 12;

/**
 * Reads a header; nothing in it is ever evaluated. Objects (pickles), records, big-endian and Fortran-ordered arrays are
 * refused.
 * @throws InvalidError `invalid_file` with the array's name
 */
export function parseNpyHeader(name: string, head: Buffer): NpyHeader {
  const fail = (message: string): never => {
    throw fileError(name, message);
  };
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) fail('is no .npy array');
  const version = head[6] ?? 0;
  if (version < 1 || version > 3) fail(`has version ${String(version)} of the .npy format; 1 to 3 are read`);
  const lengthBytes = version === 1 ? 2 : 4;
  if (head.length < 8 + lengthBytes) fail('ends within its header');
  const length = version === 1 ? head.readUInt16LE(8) : head.readUInt32LE(8);
  const start = 8 + lengthBytes + length;
  if (length > MOST_HEADER)
    fail(`has a header of ${String(length)} bytes; at most ${String(MOST_HEADER)} are read`);
  if (head.length < start) fail('ends within its header');
  const text = head.toString('utf8', 8 + lengthBytes, start);
  const described = /'descr'\s*:\s*(?:'([^']*)'|(\[))/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  const sizes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text);
  if (described === null || order === null || sizes === null) return fail('has a header that cannot be read');
  const shape = (sizes[1] ?? '')
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length > MOST_DIMENSIONS || shape.some((size) => !Number.isSafeInteger(size)))
    fail('has too many dimensions');
  const { kind, itemBytes } = typeOf(name, described[1] ?? null);
  if (order[1] === 'True' && shape.length > 1)
    fail('is in Fortran order; save numpy.ascontiguousarray(array)');
  return { kind, itemBytes, shape, start };
}

/** @param type such as `<f4`; null for a list of fields */
function typeOf(name: string, type: string | null): Pick<NpyHeader, 'kind' | 'itemBytes'> {
  if (type === null) throw fileError(name, 'is an array of records; save plain numbers');
  if (/^\|?O/.test(type))
    throw fileError(name, 'holds Python objects, which are never read; save numbers or texts');
  const match = /^([<>|=])([biufUS])(\d+)$/.exec(type);
  const [, order, kind, count] = match ?? [];
  const itemBytes = Number(count) * (kind === 'U' ? 4 : 1);
  const isBig = order === '>' && itemBytes > 1;
  const isKnown =
    ((kind === 'b' || kind === 'i' || kind === 'u') && [1, 2, 4, 8].includes(itemBytes)) ||
    (kind === 'f' && [4, 8].includes(itemBytes)) ||
    ((kind === 'U' || kind === 'S') && itemBytes > 0 && itemBytes <= 4096);
  if (match === null || isBig || !isKnown) {
    throw fileError(
      name,
      `has the type ${type}; numbers of 1 to 8 bytes (float32, float64), little-endian, and texts are read`,
    );
  }
  return { kind, itemBytes };
}

/** Numbers from whole elements. @param bytes begins at an element */
export function npyNumbers({ kind, itemBytes }: NpyHeader, bytes: Buffer): ArrayLike<number> {
  // A copy of its own, at a place where every element type may begin.
  const aligned = Uint8Array.from(bytes).buffer;
  switch (`${kind}${String(itemBytes)}`) {
    case 'b1':
    case 'u1':
      return new Uint8Array(aligned);
    case 'i1':
      return new Int8Array(aligned);
    case 'u2':
      return new Uint16Array(aligned);
    case 'i2':
      return new Int16Array(aligned);
    case 'u4':
      return new Uint32Array(aligned);
    case 'i4':
      return new Int32Array(aligned);
    case 'u8':
      return Float64Array.from(new BigUint64Array(aligned), Number);
    case 'i8':
      return Float64Array.from(new BigInt64Array(aligned), Number);
    case 'f4':
      return new Float32Array(aligned);
    default:
      return new Float64Array(aligned);
  }
}

/** Elements as the texts that a table would have; null for NaN and the empty text. */
export function npyTexts(header: NpyHeader, bytes: Buffer): readonly (string | null)[] {
  const { kind, itemBytes } = header;
  if (kind === 'U' || kind === 'S') {
    return Array.from({ length: bytes.length / itemBytes }, (_, i) => {
      const item = bytes.subarray(i * itemBytes, (i + 1) * itemBytes);
      const text = kind === 'S' ? item.toString('utf8') : utf32(item);
      return text.replace(/\0+$/, '') || null;
    });
  }
  return Array.from(npyNumbers(header, bytes), (value) => {
    if (kind === 'b') return value === 0 ? 'false' : 'true';
    return Number.isFinite(value) ? String(value + 0) : null;
  });
}

function utf32(bytes: Buffer): string {
  let text = '';
  for (let i = 0; i + 3 < bytes.length; i += 4) {
    const point = bytes.readUInt32LE(i);
    text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
  }
  return text;
}
