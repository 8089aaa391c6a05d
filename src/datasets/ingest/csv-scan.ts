import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { InvalidError } from '../../core/errors';

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const BOM = [0xef, 0xbb, 0xbf];
const DELIMITERS = [',', ';', '\t', '|'];
const SNIFFED_BYTES = 1 << 16;
const SNIFFED_RECORDS = 50;
export const MOST_CELL_BYTES = 1 << 20;
export const MOST_COLUMNS = 10_000;

export interface CsvShape {
  readonly delimiter: string;
  /** Names as they stand in the first line. */
  readonly header: readonly string[];
  readonly rows: number;
  readonly longestRecordBytes: number;
  /** Bytes of a byte-order mark before the first line. */
  readonly skippedBytes: number;
}

/**
 * Looks at every byte once, without keeping them: every record must have as many fields as the first line. A parser
 * that guesses would pad or cut such rows; the reader of the error wants the line.
 * @param delimiter given, or sniffed from the first records
 * @throws InvalidError `invalid_file` with the line, counted from 1 in the file as an editor shows it
 */
export async function scanCsv(path: string, delimiter: string | null): Promise<CsvShape> {
  const head = await readHead(path);
  const skippedBytes = BOM.every((byte, i) => head[i] === byte) ? BOM.length : 0;
  if (head.includes(0)) throw fileError('line 1', 'this is no text: it has zero bytes; is the format right?');
  const chosen = delimiter ?? sniffDelimiter(head.subarray(skippedBytes));
  const scan = new Scan(chosen.charCodeAt(0));
  const check = new Utf8Check();
  const stream = createReadStream(path, { start: skippedBytes, highWaterMark: 1 << 20 });
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    check.take(bytes, scan.line);
    scan.feed(bytes);
  }
  check.take(null, scan.line);
  scan.end();
  const header = parseHeader(scan.header(), chosen);
  if (header.length > MOST_COLUMNS) {
    throw fileError(
      'line 1',
      `${String(header.length)} columns; at most ${String(MOST_COLUMNS)} are allowed`,
    );
  }
  return {
    delimiter: chosen,
    header,
    rows: scan.records - 1,
    longestRecordBytes: scan.longest,
    skippedBytes,
  };
}

export function fileError(where: string, message: string): InvalidError {
  return new InvalidError('invalid_file', `${where}: ${message}`, { errors: [{ path: where, message }] });
}

/** Of bytes that mean nothing outside of quotes. */
const PLAIN = 0;

/**
 * The state of a walk over the bytes of a file. Cells without quotes, and the insides of quotes, are passed in tight
 * loops of their own; the other bytes are looked at one by one.
 */
class Scan {
  records = 0;
  line = 1;
  longest = 0;
  readonly #delimiter: number;
  readonly #meaning: Uint8Array;
  readonly #header: Uint8Array[] = [];
  /** Bytes of the file before this chunk, and where the record began. */
  #before = 0;
  #recordStart = 0;
  #quoted = false;
  /** The byte before was a quote inside a quoted field: the end of the field, or the first half of "". */
  #closing = false;
  #fieldStart = true;
  #fields = 1;
  #expected = 0;
  #cell = 0;
  #empty = true;
  #recordLine = 1;
  #blankLine = 0;

  constructor(delimiter: number) {
    this.#delimiter = delimiter;
    this.#meaning = new Uint8Array(256);
    for (const byte of [QUOTE, NEWLINE, RETURN, delimiter]) this.#meaning[byte] = 1;
  }

  feed(bytes: Buffer): void {
    const length = bytes.length;
    let headerEnd = this.records === 0 ? length : 0;
    for (let i = 0; i < length;) {
      if (this.#quoted) {
        if (this.#closing) this.#mark(bytes[i] ?? 0, this.#before + i++);
        else i = this.#insideQuotes(bytes, i);
      } else {
        i = this.#plainCells(bytes, i);
        if (i < length) this.#mark(bytes[i] ?? 0, this.#before + i++);
      }
      if (this.records > 0 && headerEnd === length) headerEnd = i;
    }
    if (headerEnd > 0) this.#header.push(Buffer.from(bytes.subarray(0, headerEnd)));
    this.#before += length;
  }

  /** Passes cells without quotes up to the next byte that `mark` has to look at: most of a file, in one loop. */
  #plainCells(bytes: Buffer, from: number): number {
    const meaning = this.#meaning;
    const delimiter = this.#delimiter;
    let cell = this.#cell;
    let fields = this.#fields;
    let isStart = this.#fieldStart;
    let i = from;
    for (; i < bytes.length; i++) {
      const byte = bytes[i] ?? 0;
      if (meaning[byte] === PLAIN) {
        cell += 1;
        isStart = false;
      } else if (byte === delimiter) {
        if (cell > MOST_CELL_BYTES) break;
        cell = 0;
        fields += 1;
        isStart = true;
      } else {
        break;
      }
    }
    if (i > from) this.#empty = false;
    this.#fields = fields;
    this.#fieldStart = isStart;
    this.#cell = cell;
    this.#grow(0);
    return i;
  }

  end(): void {
    if (this.#quoted && !this.#closing) {
      throw fileError(`line ${String(this.#recordLine)}`, 'a quote is opened and never closed');
    }
    if (!this.#empty) this.#endRecord(this.#before);
    if (this.records === 0) throw fileError('line 1', 'the file is empty');
    if (this.records === 1) throw fileError('line 2', 'there are no rows after the header line');
  }

  header(): Uint8Array {
    return Buffer.concat(this.#header);
  }

  /** Passes what is quoted; gives the place of the quote that ends it, which `mark` looks at next, or the chunk's end. */
  #insideQuotes(bytes: Buffer, from: number): number {
    let end = from;
    for (; end < bytes.length && bytes[end] !== QUOTE; end++) if (bytes[end] === NEWLINE) this.line += 1;
    this.#grow(end - from);
    if (end === bytes.length) return end;
    this.#closing = true;
    return end + 1;
  }

  /** A byte with a meaning, or the one after a quote. @param at its place in the file */
  #mark(byte: number, at: number): void {
    if (byte === NEWLINE) this.line += 1;
    if (this.#closing && byte === QUOTE) {
      this.#closing = false;
      this.#grow(1);
      return;
    }
    if (this.#closing && byte !== this.#delimiter && byte !== NEWLINE && byte !== RETURN) {
      throw fileError(
        `line ${String(this.line)}`,
        'text follows a closing quote; double a quote that belongs to the text',
      );
    }
    if (byte === NEWLINE) {
      this.#endRecord(at + 1);
    } else if (byte === this.#delimiter) {
      this.#endField();
      this.#fields += 1;
      this.#empty = false;
    } else if (byte === QUOTE) {
      if (this.#fieldStart) this.#quoted = true;
      else this.#grow(1);
      this.#fieldStart = false;
      this.#empty = false;
    }
  }

  #grow(bytes: number): void {
    this.#cell += bytes;
    if (this.#cell > MOST_CELL_BYTES) {
      throw fileError(`line ${String(this.#recordLine)}`, 'a cell is longer than 1 MiB');
    }
  }

  #endField(): void {
    this.#quoted = false;
    this.#closing = false;
    this.#fieldStart = true;
    this.#cell = 0;
  }

  /** @param end place after the record */
  #endRecord(end: number): void {
    const at = this.#recordLine;
    this.longest = Math.max(this.longest, end - this.#recordStart);
    this.#recordStart = end;
    const isBlank = this.#empty && this.#fields === 1;
    this.#endField();
    if (this.records === 0) {
      if (isBlank) throw fileError('line 1', 'the first line must be the header, and it is empty');
      this.#expected = this.#fields;
      this.records = 1;
    } else if (isBlank && this.#expected > 1) {
      // Blank lines at the end belong to nobody; one before another row is a hole in the table.
      this.#blankLine ||= at;
    } else {
      if (this.#blankLine > 0)
        throw fileError(`line ${String(this.#blankLine)}`, 'is empty, and rows follow');
      if (this.#fields !== this.#expected) {
        const [has, wants] = [String(this.#fields), String(this.#expected)];
        throw fileError(`line ${String(at)}`, `has ${has} fields, the header has ${wants}`);
      }
      this.records += 1;
    }
    this.#fields = 1;
    this.#empty = true;
    this.#recordLine = this.line;
  }
}

/** Checks text chunk by chunk; a character that a chunk cuts is looked at with the next one. */
class Utf8Check {
  #rest = Buffer.alloc(0);

  /** @param bytes null at the end of the file */
  take(bytes: Buffer | null, line: number): void {
    const whole =
      bytes === null ? this.#rest : this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const cut = bytes === null ? 0 : cutCharacter(whole);
    const isText = isUtf8(whole.subarray(0, whole.length - cut));
    if (!isText)
      throw fileError(`after line ${String(line)}`, 'the text is not UTF-8; save the file as UTF-8');
    this.#rest = Buffer.from(whole.subarray(whole.length - cut));
  }
}

/** Bytes at the end that begin a character and do not end it. */
function cutCharacter(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < needed ? back : 0;
  }
  return 0;
}

async function readHead(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of createReadStream(path, { end: SNIFFED_BYTES - 1 })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The character that stands equally often, and most often, in the first records outside of quotes. */
function sniffDelimiter(head: Uint8Array): string {
  const text = Buffer.from(head).toString('utf8');
  const scores = DELIMITERS.map((delimiter) => {
    const counts = countPerRecord(text, delimiter);
    const first = counts[0] ?? 0;
    const agreeing = counts.filter((count) => count === first).length;
    return first === 0 ? 0 : first * (agreeing / counts.length) ** 4;
  });
  const best = Math.max(...scores);
  return best === 0 ? ',' : (DELIMITERS[scores.indexOf(best)] ?? ',');
}

function countPerRecord(text: string, delimiter: string): readonly number[] {
  const counts: number[] = [];
  let count = 0;
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    else if (!quoted && character === delimiter) count += 1;
    else if (!quoted && character === '\n') {
      counts.push(count);
      count = 0;
      if (counts.length === SNIFFED_RECORDS) return counts;
    }
  }
  return counts.length === 0 ? [count] : counts;
}

function parseHeader(bytes: Uint8Array, delimiter: string): readonly string[] {
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  const names: string[] = [];
  let name = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (quoted && character === '"' && text.charAt(i + 1) === '"') {
      name += '"';
      i += 1;
    } else if (character === '"' && (quoted || name === '')) {
      quoted = !quoted;
    } else if (!quoted && character === delimiter) {
      names.push(name);
      name = '';
    } else {
      name += character;
    }
  }
  return [...names, name];
}
