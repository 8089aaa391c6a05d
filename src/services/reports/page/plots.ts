import { html, type Markup } from './markup';

const WIDTH = 480;
const HEIGHT = 240;
const LEFT = 56;
const RIGHT = 12;
const TOP = 26;
const BOTTOM = 36;
const TICKS = 5;

interface Scale {
  readonly low: number;
  readonly high: number;
  at(value: number): number;
}

export interface Frame {
  readonly x: Scale;
  readonly y: Scale;
  readonly axes: Markup;
}

/** A number as a reader takes it in: four digits at most. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

export function frameOf(
  xs: readonly number[],
  ys: readonly number[],
  labels: { readonly x: string; readonly y: string },
): Frame {
  const x = scaleOf(xs, LEFT, WIDTH - RIGHT);
  const y = scaleOf(ys, HEIGHT - BOTTOM, TOP);
  const axes = html`<path class="axis" d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" />
    ${ticksOf(x).map(
      (tick) =>
        html`<text x="${x.at(tick)}" y="${HEIGHT - BOTTOM + 15}" text-anchor="middle">${figure(tick)}</text>`,
    )}
    ${ticksOf(y).map(
      (tick) =>
        html`<path class="grid" d="M${LEFT} ${y.at(tick)}H${WIDTH - RIGHT}" />
          <text x="${LEFT - 6}" y="${y.at(tick) + 4}" text-anchor="end">${figure(tick)}</text>`,
    )}
    <text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${labels.x}</text>
    <text x="${LEFT}" y="${TOP - 12}">${labels.y}</text>`;
  return { x, y, axes };
}

export function plot(title: string, frame: Frame, marks: readonly Markup[], caption: string): Markup {
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">${frame.axes}${marks}</svg>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

export function line(
  frame: Frame,
  points: readonly (readonly [number, number])[],
  style: 'a' | 'b' | 'guide',
): Markup {
  const path = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${place(frame, x, y)}`).join('');
  return html`<path class="${style}" d="${path}" />`;
}

export function dots(
  frame: Frame,
  points: readonly (readonly [number, number])[],
  style: 'dot' | 'dot pruned',
): Markup {
  return html`${points.map(
    ([x, y]) =>
      html`<circle class="${style}" cx="${round(frame.x.at(x))}" cy="${round(frame.y.at(y))}" r="3" />`,
  )}`;
}

export function range(frame: Frame, x: number, low: number, high: number): Markup {
  return html`<path class="range" d="M${place(frame, x, low)}L${place(frame, x, high)}" />`;
}

export function column(frame: Frame, low: number, high: number, value: number): Markup {
  const [left, right, top, bottom] = [
    frame.x.at(low),
    frame.x.at(high),
    frame.y.at(value),
    frame.y.at(frame.y.low),
  ];
  return html`<rect
    class="bar"
    x="${round(left + 0.5)}"
    y="${round(top)}"
    width="${round(Math.max(0, right - left - 1))}"
    height="${round(Math.max(0, bottom - top))}"
  />`;
}

/** Horizontal bars with their names, longest first as they come; a whisker of one deviation each way. */
export function bars(
  title: string,
  rows: readonly { readonly name: string; readonly value: number; readonly deviation: number }[],
  caption: string,
): Markup {
  const most = Math.max(1e-12, ...rows.map(({ value, deviation }) => value + deviation));
  const [step, start, end] = [24, 170, WIDTH - 60];
  const at = (value: number): number => start + (Math.max(0, value) / most) * (end - start);
  return html`<figure>
    <svg viewBox="0 0 ${WIDTH} ${rows.length * step + 6}" role="img" aria-label="${title}">
      ${rows.map(({ name, value, deviation }, i) => {
        const middle = i * step + step / 2;
        return html`<text x="${start - 8}" y="${middle + 4}" text-anchor="end">${shorten(name)}</text>
          <rect class="bar" x="${start}" y="${middle - 7}" width="${round(at(value) - start)}" height="14" />
          <path
            class="range"
            d="M${round(at(value - deviation))} ${middle}H${round(at(value + deviation))}"
          />
          <text x="${round(at(value + Math.max(0, deviation)) + 6)}" y="${middle + 4}"
            >${figure(value)}</text
          >`;
      })}
    </svg>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

function scaleOf(values: readonly number[], from: number, to: number): Scale {
  const finite = values.filter(Number.isFinite);
  const least = finite.length === 0 ? 0 : finite.reduce((a, b) => Math.min(a, b));
  const most = finite.length === 0 ? 1 : finite.reduce((a, b) => Math.max(a, b));
  const margin = most === least ? Math.abs(most) / 2 || 1 : 0;
  const [low, high] = [least - margin, most + margin];
  return { low, high, at: (value) => round(from + ((value - low) / (high - low)) * (to - from)) };
}

/** Round numbers (1, 2 or 5 times a power of ten) within the scale. */
function ticksOf({ low, high }: Scale): readonly number[] {
  const rough = (high - low) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough) ?? rough;
  const first = Math.ceil(low / step);
  const last = Math.floor(high / step);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}

function place({ x, y }: Frame, atX: number, atY: number): string {
  return `${String(round(x.at(atX)))} ${String(round(y.at(atY)))}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function shorten(name: string): string {
  return name.length <= 24 ? name : `${name.slice(0, 23)}…`;
}
