const FIRST_BYTES = 64;

/** Protocol Buffers' wire format, as far as ONNX needs it: a message is written field by field. */
export class Message {
  #bytes = new Uint8Array(FIRST_BYTES);
  #size = 0;

  int(field: number, value: number | bigint): this {
    this.#varint(field << 3);
    if (typeof value === 'number' && value >= 0) return this.#varint(value);
    // Negative numbers are written as their two's complement in 64 bits.
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#byte(Number(rest & 127n) | 128);
    return this.#byte(Number(rest));
  }

  float(field: number, value: number): this {
    this.#varint((field << 3) | 5);
    return this.#push(new Uint8Array(Float32Array.of(value).buffer));
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value, 'utf8'));
  }

  bytes(field: number, value: Uint8Array): this {
    return this.#varint((field << 3) | 2)
      .#varint(value.length)
      .#push(value);
  }

  message(field: number, value: Message): this {
    return this.bytes(field, value.finish());
  }

  /** A view of what was written so far. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#size);
  }

  #varint(value: number): this {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 128);
    return this.#byte(rest);
  }

  #byte(value: number): this {
    this.#room(1);
    this.#bytes[this.#size++] = value;
    return this;
  }

  #push(chunk: Uint8Array): this {
    this.#room(chunk.length);
    this.#bytes.set(chunk, this.#size);
    this.#size += chunk.length;
    return this;
  }

  #room(more: number): void {
    if (this.#size + more <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + more));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }
}
