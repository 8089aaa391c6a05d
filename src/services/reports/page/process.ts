import type { Report } from '../report';
import { html, type Markup } from './markup';
import { bars, dots, figure, frameOf, line, plot, range } from './plots';

const MOST_BARS = 15;
const FILTER_PIXELS = 6;
const FILTERS_A_ROW = 8;

/** What each hole of the space explains, what more rows would give, and the first layer as pictures. */
export function processPlots(report: Report): Markup | null {
  const pictures = [importances(report), dataSize(report), firstLayer(report)].filter(
    (each) => each !== null,
  );
  return pictures.length === 0
    ? null
    : html`<h3>What matters</h3>
        <div class="plots">${pictures}</div>`;
}

function importances({ search }: Report): Markup | null {
  if (search.importance === null) return null;
  const { importances: shares, trials, objective } = search.importance;
  const rows = Object.entries(shares)
    .map(([name, value]) => ({ name, value, deviation: 0 }))
    .sort((a, b) => b.value - a.value)
    .slice(0, MOST_BARS);
  return bars(
    'Importance of the hyperparameters',
    rows,
    `Share of the differences in ${objective} that each hyperparameter explains, from ${String(trials)} trials (functional ANOVA).`,
  );
}

function dataSize({ diagnosis }: Report): Markup | null {
  const curve = diagnosis?.dataSizeCurve ?? null;
  if (curve === null) return null;
  const { points, law, doubled } = curve;
  const most = doubled.rows;
  const least = points[0]?.rows ?? 1;
  const fitted = Array.from({ length: 40 }, (_, i): [number, number] => {
    const rows = least * (most / least) ** (i / 39);
    return [rows, law.floor + law.scale * rows ** -law.exponent];
  });
  const losses = [
    ...points.map(({ validation }) => validation),
    ...fitted.map(([, loss]) => loss),
    doubled.low,
  ];
  const frame = frameOf([0, most], losses, { x: 'training rows', y: 'validation loss' });
  const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
  return plot(
    'What more rows would give',
    frame,
    [
      line(frame, fitted, 'guide'),
      ...points.map(({ rows, validation, deviation }) =>
        range(
          frame,
          rows,
          Math.max(frame.y.low, validation - deviation),
          Math.min(frame.y.high, validation + deviation),
        ),
      ),
      dots(
        frame,
        points.map(({ rows, validation }): [number, number] => [rows, validation]),
        'dot',
      ),
      range(frame, most, Math.max(frame.y.low, doubled.low), Math.min(frame.y.high, doubled.high)),
      dots(frame, [[most, doubled.validation]], 'dot pruned'),
    ],
    `The best configuration on growing shares of the training rows (whiskers: one deviation) and a power law through them. Hollow: twice the rows are expected to lower the loss by ${percent(doubled.gain)}, 80 % interval ${percent(doubled.gainLow)} to ${percent(doubled.gainHigh)}.`,
  );
}

function firstLayer({ diagnosis }: Report): Markup | null {
  const layer = diagnosis?.firstLayer ?? null;
  if (layer === null) return null;
  if (layer.kind === 'norms') {
    const rows = layer.features
      .slice(0, MOST_BARS)
      .map(({ name, norm }) => ({ name, value: norm, deviation: 0 }));
    return bars(
      'Weights of the first layer',
      rows,
      `Norm of the weights that leave each prepared column${layer.features.length > rows.length ? `, the largest ${String(rows.length)}` : ''}. Columns that the first layer hardly looks at may be left out.`,
    );
  }
  return filters(layer);
}

type Filters = Extract<NonNullable<NonNullable<Report['diagnosis']>['firstLayer']>, { kind: 'filters' }>;

/** Each filter from its own darkest to its own brightest; of several channels the first three are red, green and blue. */
function filters({ size: [height, width, channels], count, filters: all }: Filters): Markup {
  const [stepX, stepY] = [(width + 1) * FILTER_PIXELS, (height + 1) * FILTER_PIXELS];
  const rows = Math.ceil(all.length / FILTERS_A_ROW);
  const squares = all.flatMap((filter, k) => {
    const [low, high] = [Math.min(...filter), Math.max(...filter)];
    const shade = (at: number): number => Math.round((255 * ((filter[at] ?? low) - low)) / (high - low || 1));
    const [left, top] = [(k % FILTERS_A_ROW) * stepX, Math.floor(k / FILTERS_A_ROW) * stepY];
    return Array.from({ length: height * width }, (_, place) => {
      const at = place * channels;
      const colour = [shade(at), shade(channels >= 3 ? at + 1 : at), shade(channels >= 3 ? at + 2 : at)];
      const x = left + (place % width) * FILTER_PIXELS;
      const y = top + Math.floor(place / width) * FILTER_PIXELS;
      return html`<rect
        x="${x}"
        y="${y}"
        width="${FILTER_PIXELS}"
        height="${FILTER_PIXELS}"
        fill="rgb(${colour.join(' ')})"
      />`;
    });
  });
  return html`<figure>
    <svg
      viewBox="0 0 ${FILTERS_A_ROW * stepX} ${rows * stepY}"
      role="img"
      aria-label="Filters of the first layer"
    >
      ${squares}
    </svg>
    <figcaption>
      ${all.length} of the ${count} filters of the first layer, each from its own least weight (dark) to its
      largest (bright).
    </figcaption>
  </figure>`;
}

/** How the final model came about, and what simple models reach. */
export function finalSection({ final, baselines }: Report): Markup | null {
  if (final === null && baselines === null) return null;
  return html`<h2 id="final">Final model</h2>
    ${final === null ? null : steps(final)}
    ${final?.baselines == null ? plainBaselines(baselines) : comparisons(final.baselines)}`;
}

type Final = NonNullable<Report['final']>;

function steps({ story, model }: Final): Markup {
  if (story === null || story.steps.length === 0) {
    return html`<p>
      The network of trial ${model.trial},
      ${story?.refitted === true ? 'refitted on all folds' : 'as the search left it'}.
    </p>`;
  }
  return html`<p>Made of ${story.members.length === 1 ? 'trial' : 'trials'} ${story.members.join(', ')}.</p>
    <div class="scroll">
      <table>
        <tr>
          <th>option</th>
          <th class="text">what came of it</th>
          <th>difference on validation (95 %)</th>
          <th>better in</th>
          <th>kept</th>
        </tr>
        ${story.steps.map(({ step, detail, comparison, kept }) => {
          const { value = null, low = null, high = null } = comparison?.difference ?? {};
          return html`<tr>
            <td>${step}</td>
            <td class="text">${detail}</td>
            <td>
              ${comparison === null ? '–' : `${comparison.metric} ${figure(value)} (${figure(low)} to ${figure(high)})`}
            </td>
            <td>${comparison === null ? '–' : `${(100 * comparison.better).toFixed(0)} % of draws`}</td>
            <td>${kept ? 'yes' : 'no'}</td>
          </tr>`;
        })}
      </table>
    </div>`;
}

function comparisons(all: NonNullable<Final['baselines']>): Markup {
  const [first] = all;
  const names = Object.keys(first?.metrics ?? {});
  return html`<h3>Beside simple models, on test rows</h3>
    <div class="scroll">
      <table>
        <tr>
          <th>baseline</th>
          ${names.map((name) => html`<th>${name}</th>`)}
          <th>model − baseline, ${first?.comparison.metric ?? ''} (95 %)</th>
          <th>clearly better</th>
        </tr>
        ${all.map(({ name, metrics, comparison }) => {
          const { value, low, high } = comparison.difference;
          return html`<tr>
            <td>${name}</td>
            ${names.map((metric) => html`<td>${figure(metrics[metric])}</td>`)}
            <td>${figure(value)} (${figure(low)} to ${figure(high)})</td>
            <td>${comparison.favoured ? 'yes' : 'no'}</td>
          </tr>`;
        })}
      </table>
    </div>`;
}

function plainBaselines(baselines: Report['baselines']): Markup | null {
  if (baselines === null) return null;
  const names = Object.keys(baselines[0]?.metrics ?? {});
  return html`<h3>Simple models, on validation rows</h3>
    <div class="scroll">
      <table>
        <tr>
          <th>baseline</th>
          ${names.map((name) => html`<th>${name}</th>`)}
        </tr>
        ${baselines.map(
          ({ name, metrics }) =>
            html`<tr>
              <td>${name}</td>
              ${names.map((metric) => html`<td>${figure(metrics[metric])}</td>`)}
            </tr>`,
        )}
      </table>
    </div>`;
}
