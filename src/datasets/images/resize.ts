/** Height, width and channels of an image of bytes, row-major, channels last. */
export interface PixelShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * An image in another size and number of channels, by a triangle filter as wide as what a new pixel covers (growing:
 * linear between neighbours). Grey is ITU-R BT.601's weighted sum. The same arithmetic prepares tables and requests.
 */
export function fitPixels(bytes: Uint8Array, from: PixelShape, to: PixelShape): Uint8Array {
  const coloured = from.channels === to.channels ? bytes : recoloured(bytes, from.channels);
  if (from.height === to.height && from.width === to.width) return coloured;
  const shape = { ...from, channels: to.channels };
  const wide = stretch(coloured, shape, to.width, weightsOf(from.width, to.width));
  return Uint8Array.from(
    stretchRows(wide, { ...shape, width: to.width }, to.height, weightsOf(from.height, to.height)),
    (value) => Math.round(value),
  );
}

function recoloured(bytes: Uint8Array, channels: number): Uint8Array {
  const pixels = bytes.length / channels;
  if (channels === 1) {
    const out = new Uint8Array(pixels * 3);
    for (let i = 0; i < pixels; i++) out.fill(bytes[i] ?? 0, i * 3, i * 3 + 3);
    return out;
  }
  const out = new Uint8Array(pixels);
  for (let i = 0; i < pixels; i++) {
    const [r = 0, g = 0, b = 0] = bytes.subarray(i * 3, i * 3 + 3);
    out[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return out;
}

/** For each new place the first old one that it draws from and the shares of those from there on. */
interface Weights {
  readonly first: number;
  readonly shares: readonly number[];
}

function weightsOf(from: number, to: number): readonly Weights[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - reach + 1e-9));
    const last = Math.min(from - 1, Math.floor(centre + reach - 1e-9));
    const shares = Array.from({ length: Math.max(1, last - first + 1) }, (_, k) =>
      Math.max(1e-9, 1 - Math.abs(first + k - centre) / reach),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return { first: Math.min(first, from - 1), shares: shares.map((share) => share / sum) };
  });
}

function stretch(
  bytes: ArrayLike<number>,
  { height, width, channels }: PixelShape,
  to: number,
  weights: readonly Weights[],
): Float64Array {
  const out = new Float64Array(height * to * channels);
  for (let y = 0; y < height; y++) {
    weights.forEach(({ first, shares }, x) => {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < shares.length; k++) {
          sum += (shares[k] ?? 0) * (bytes[(y * width + first + k) * channels + c] ?? 0);
        }
        out[(y * to + x) * channels + c] = sum;
      }
    });
  }
  return out;
}

function stretchRows(
  values: Float64Array,
  { width, channels }: PixelShape,
  to: number,
  weights: readonly Weights[],
): Float64Array {
  const stride = width * channels;
  const out = new Float64Array(to * stride);
  weights.forEach(({ first, shares }, y) => {
    shares.forEach((share, k) => {
      const from = (first + k) * stride;
      for (let i = 0; i < stride; i++) {
        out[y * stride + i] = (out[y * stride + i] ?? 0) + share * (values[from + i] ?? 0);
      }
    });
  });
  return out;
}
