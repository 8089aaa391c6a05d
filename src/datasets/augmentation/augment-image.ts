import { hashedUniform } from '../../core/hashed-uniform';
import type { Augmentation } from '../../core/specification';
import type { PixelShape } from '../images/resize';
import type { PixelScale } from '../prepared/rows';

const WHITE = 255;
/** Numbers that one image draws. */
export const DRAWS = 16;

/** How one image is changed. Lengths are in pixels. */
interface Change {
  /** Where a new pixel is taken from: source x = xx·x + xy·y + x0, source y = yx·x + yy·y + y0. */
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
  /** Only mirrored and shifted by whole pixels. */
  readonly isWhole: boolean;
  readonly contrast: number;
  /** In bytes. */
  readonly brightness: number;
  readonly cut: { readonly top: number; readonly left: number; readonly side: number } | null;
}

/** Changes images as their batch is gathered. What leaves the frame is lost; what enters it repeats the edge. */
export class ImageAugmenter {
  readonly #shape: PixelShape;
  readonly #scale: PixelScale;
  readonly #strengths: Augmentation;
  readonly #columns: Int32Array;

  constructor(shape: PixelShape, scale: PixelScale, strengths: Augmentation) {
    this.#shape = shape;
    this.#scale = scale;
    this.#strengths = strengths;
    this.#columns = new Int32Array(shape.width);
  }

  /**
   * @param from where the image begins in `bytes`
   * @param to where its numbers begin in `out`
   * @param seed of the epoch
   * @param row place in the training part; the change is a function of (seed, row) alone
   */
  apply(bytes: Uint8Array, from: number, out: Float32Array, to: number, seed: number, row: number): void {
    const change = this.#changeOf(seed, row);
    if (change.isWhole) this.#copy(bytes, from, out, to, change);
    else this.#sample(bytes, from, out, to, change);
    this.#finish(out, to, change);
  }

  #changeOf(seed: number, row: number): Change {
    const { height, width } = this.#shape;
    const {
      flip = 0,
      shift = 0,
      rotate = 0,
      zoom = 0,
      brightness = 0,
      contrast = 0,
      cutout = 0,
    } = this.#strengths;
    const uniform = (k: number): number => hashedUniform(seed, row * DRAWS + k);
    const around = (k: number, reach: number): number => reach * (2 * uniform(k) - 1);
    const mirror = uniform(0) < flip ? -1 : 1;
    const angle = (around(1, rotate) * Math.PI) / 180;
    const scale = 1 / (1 + around(2, zoom));
    const isWhole = rotate === 0 && zoom === 0;
    const [dx, dy] = [around(3, shift) * width, around(4, shift) * height];
    const [cx, cy] = [(width - 1) / 2, (height - 1) / 2];
    const [cos, sin] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
    const [xx, xy, yx, yy] = [mirror * cos, mirror * sin, -sin, cos];
    const [fromX, fromY] = isWhole ? [cx + Math.round(dx), cy + Math.round(dy)] : [cx + dx, cy + dy];
    const side = Math.round(cutout * Math.min(height, width));
    const [top, left] = [5, 6].map((k) => Math.floor(uniform(k) * (k === 5 ? height : width)) - (side >> 1));
    return {
      xx,
      xy,
      x0: fromX - xx * cx - xy * cy,
      yx,
      yy,
      y0: fromY - yx * cx - yy * cy,
      isWhole,
      contrast: 1 + around(7, contrast),
      brightness: around(8, brightness) * WHITE,
      cut: side > 0 ? { top: top ?? 0, left: left ?? 0, side } : null,
    };
  }

  #copy(bytes: Uint8Array, from: number, out: Float32Array, to: number, { xx, x0, y0 }: Change): void {
    const { height, width, channels } = this.#shape;
    const columns = this.#columns;
    for (let x = 0; x < width; x++) columns[x] = clamp(Math.round(xx * x + x0), width - 1) * channels;
    const shift = Math.round(y0);
    for (let y = 0, place = to; y < height; y++) {
      const line = from + clamp(y + shift, height - 1) * width * channels;
      for (let x = 0; x < width; x++) {
        const at = line + (columns[x] ?? 0);
        for (let c = 0; c < channels; c++, place++) out[place] = bytes[at + c] ?? 0;
      }
    }
  }

  /** Bilinear. */
  #sample(bytes: Uint8Array, from: number, out: Float32Array, to: number, change: Change): void {
    const { height, width, channels } = this.#shape;
    const { xx, xy, x0, yx, yy, y0 } = change;
    const [mostX, mostY] = [width - 1, height - 1];
    const stride = width * channels;
    for (let y = 0, place = to; y < height; y++) {
      let sx = xy * y + x0;
      let sy = yy * y + y0;
      for (let x = 0; x < width; x++, sx += xx, sy += yx) {
        const px = sx < 0 ? 0 : sx > mostX ? mostX : sx;
        const py = sy < 0 ? 0 : sy > mostY ? mostY : sy;
        const left = px | 0;
        const top = py | 0;
        const [u, v] = [px - left, py - top];
        const at = from + top * stride + left * channels;
        const right = left < mostX ? channels : 0;
        const below = top < mostY ? stride : 0;
        for (let c = 0; c < channels; c++, place++) {
          const k = at + c;
          const upper = (bytes[k] ?? 0) * (1 - u) + (bytes[k + right] ?? 0) * u;
          const lower = (bytes[k + below] ?? 0) * (1 - u) + (bytes[k + below + right] ?? 0) * u;
          out[place] = upper * (1 - v) + lower * v;
        }
      }
    }
  }

  /** Light, then the scale of the input; what is cut out is 0 there, the mean of a standardised channel. */
  #finish(out: Float32Array, to: number, { contrast, brightness, cut }: Change): void {
    const { height, width, channels } = this.#shape;
    const { factor, offset } = this.#scale;
    const end = to + height * width * channels;
    const isLit = contrast !== 1 || brightness !== 0;
    let add = 0;
    if (isLit) {
      let sum = 0;
      for (let i = to; i < end; i++) sum += out[i] ?? 0;
      add = (1 - contrast) * (sum / (end - to)) + brightness;
    }
    for (let c = 0; c < channels; c++) {
      const [each, more] = [factor[c] ?? 1, offset[c] ?? 0];
      if (isLit) {
        for (let i = to + c; i < end; i += channels) {
          const value = (out[i] ?? 0) * contrast + add;
          out[i] = (value < 0 ? 0 : value > WHITE ? WHITE : value) * each + more;
        }
      } else for (let i = to + c; i < end; i += channels) out[i] = (out[i] ?? 0) * each + more;
    }
    if (cut === null) return;
    for (let y = Math.max(0, cut.top); y < Math.min(height, cut.top + cut.side); y++) {
      const line = to + y * width * channels;
      const last = Math.min(width, cut.left + cut.side);
      out.fill(0, line + Math.max(0, cut.left) * channels, line + last * channels);
    }
  }
}

function clamp(value: number, most: number): number {
  return value < 0 ? 0 : value > most ? most : value;
}
