import type { Direction } from '../../../core/metrics';
import { isBetter } from '../../../core/metrics';
import type { Params } from '../../../core/trial';
import type { Report } from '../report';
import { html, type Markup } from './markup';
import { dots, figure, frameOf, line, plot } from './plots';

const MOST_LISTED = 10;
/** More points than this are told by every n-th. */
const MOST_POINTS = 600;

/** Search history, the best trials, and the learning curve of the best one. */
export function searchSection({ study, search, diagnosis }: Report): Markup {
  const [objective] = study.spec.objectives;
  if (objective === undefined || search.history.length === 0) {
    return html`<h2 id="search">Search</h2>
      <p class="soft">No trial has ended yet.</p>`;
  }
  return html`<h2 id="search">Search</h2>
    <div class="plots">
      ${historyPlot(search.history, objective)}${diagnosis === null ? null : curvePlot(diagnosis)}
    </div>
    <h3>Best trials</h3>
    ${trialTable(search.history, objective)}`;
}

type Entries = Report['search']['history'];
interface Goal {
  readonly metric: string;
  readonly direction: Direction;
}

function historyPlot(history: Entries, { metric, direction }: Goal): Markup {
  const valued = history.flatMap((entry, i): [number, number, boolean][] => {
    const value = entry.values?.[0];
    return value === undefined ? [] : [[i + 1, value, entry.state === 'completed']];
  });
  let best: number | null = null;
  const running = valued.flatMap(([order, value, completed]): [number, number][] => {
    if (completed && isBetter(value, best, direction)) best = value;
    return best === null ? [] : [[order, best]];
  });
  const step = Math.max(1, Math.ceil(valued.length / MOST_POINTS));
  const shown = valued.filter((_, i) => i % step === 0);
  // One value far out must not press all the others together.
  const sorted = valued.map(([, value]) => value).sort((a, b) => a - b);
  const cap = sorted[Math.floor(0.95 * (sorted.length - 1))] ?? 1;
  const floor = sorted[Math.floor(0.05 * (sorted.length - 1))] ?? 0;
  const held = (value: number): number =>
    direction === 'minimize' ? Math.min(value, cap) : Math.max(value, floor);
  const pick = (completed: boolean): [number, number][] =>
    shown.filter((point) => point[2] === completed).map(([order, value]) => [order, held(value)]);
  const values = valued.map(([, value]) => held(value));
  const frame = frameOf([1, history.length], values, { x: 'trial, in the order of completion', y: metric });
  return plot(
    'Search history',
    frame,
    [
      dots(frame, pick(false), 'dot pruned'),
      dots(frame, pick(true), 'dot'),
      line(
        frame,
        running.map(([order, value]) => [order, held(value)]),
        'a',
      ),
    ],
    `${metric} of each trial (hollow: pruned) and the best so far (line). The worst twentieth is drawn at the edge.`,
  );
}

function curvePlot({ trial, curve }: NonNullable<Report['diagnosis']>): Markup | null {
  const points = (part: 'train' | 'validation'): [number, number][] =>
    curve.flatMap((report): [number, number][] => {
      const loss = report[part]['loss'] ?? null;
      return loss === null ? [] : [[report.epoch, loss]];
    });
  const [train, validation] = [points('train'), points('validation')];
  if (validation.length < 2) return null;
  const all = [...train, ...validation];
  const frame = frameOf(
    all.map(([epoch]) => epoch),
    all.map(([, loss]) => loss),
    { x: 'epoch', y: 'loss' },
  );
  return plot(
    'Learning curve',
    frame,
    [line(frame, train, 'b'), line(frame, validation, 'a')],
    `Learning curve of trial ${String(trial)}, the best: validation loss (solid), and the loss over training rows as they were trained, dropout included (dashed).`,
  );
}

function trialTable(history: Entries, { metric, direction }: Goal): Markup {
  const sign = direction === 'minimize' ? 1 : -1;
  const completed = history
    .filter(({ state, values }) => state === 'completed' && values !== null)
    .sort((a, b) => sign * ((a.values?.[0] ?? 0) - (b.values?.[0] ?? 0)) || a.trial - b.trial)
    .slice(0, MOST_LISTED);
  const holes = [...new Set(completed.flatMap(({ params }) => Object.keys(params)))];
  return html`<div class="scroll">
    <table>
      <tr>
        <th>trial</th>
        <th>${metric}</th>
        <th>epochs</th>
        ${holes.map((hole) => html`<th>${hole}</th>`)}
      </tr>
      ${completed.map(
        ({ trial, values, epochs, params }) =>
          html`<tr>
            <td>${trial}</td>
            <td>${figure(values?.[0])}</td>
            <td>${epochs}</td>
            ${holes.map((hole) => html`<td>${shown(params[hole])}</td>`)}
          </tr>`,
      )}
    </table>
  </div>`;
}

function shown(value: Params[string] | undefined): string {
  if (value === undefined) return '–';
  return typeof value === 'number' ? figure(value) : String(value);
}
