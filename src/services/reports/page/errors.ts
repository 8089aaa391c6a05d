import type { Report } from '../report';
import { html, type Markup } from './markup';
import { bars, column, dots, figure, frameOf, line, plot, range } from './plots';

const MOST_FEATURES = 15;
const MOST_ROWS = 10;
const MOST_LABELS = 20;

type Errors = NonNullable<Report['errorAnalysis']>;

/** Where the model is wrong; everything but the second confusion matrix is about validation rows. */
export function errorSection(report: Report): Markup | null {
  const { errorAnalysis } = report;
  if (errorAnalysis === null) return null;
  return html`<h2 id="errors">Error analysis</h2>
    <p class="soft">Of the best trial, on validation rows.</p>
    ${confusion(errorAnalysis)}
    <div class="plots">
      ${reliability(errorAnalysis)}${residualPlots(errorAnalysis)}${importance(errorAnalysis)}
    </div>
    ${slices(errorAnalysis)}${worst(report, errorAnalysis)}`;
}

function confusion({ confusionMatrix }: Errors): Markup | null {
  if (confusionMatrix === null || confusionMatrix.labels.length > MOST_LABELS) return null;
  const { labels, validation, test } = confusionMatrix;
  const table = (title: string, counts: readonly (readonly number[])[]): Markup => {
    const most = Math.max(1, ...counts.flat());
    return html`<div class="scroll">
      <h3>${title}</h3>
      <table>
        <tr>
          <th class="text">is ↓ was called →</th>
          ${labels.map((label) => html`<th>${label}</th>`)}
        </tr>
        ${counts.map(
          (row, i) =>
            html`<tr>
              <td>${labels[i] ?? ''}</td>
              ${row.map(
                (count, k) =>
                  html`<td class="cell ${i === k ? 'hit' : ''} heat${String(Math.round((8 * count) / most))}">
                    ${count}
                  </td>`,
              )}
            </tr>`,
        )}
      </table>
    </div>`;
  };
  return html`<div class="plots">
    ${table('Confusion on validation rows', validation)}${table('Confusion on test rows', test)}
  </div>`;
}

function reliability({ calibration }: Errors): Markup | null {
  if (calibration === null) return null;
  const { bins, error, sampling } = calibration;
  const frame = frameOf([0, 1], [0, 1], { x: 'probability that was said', y: 'how often it was so' });
  const points = bins.map(({ confidence, frequency }): [number, number] => [confidence, frequency]);
  return plot(
    'Reliability',
    frame,
    [
      line(
        frame,
        [
          [0, 0],
          [1, 1],
        ],
        'guide',
      ),
      ...bins.map(({ confidence, low, high }) => range(frame, confidence, low, high)),
      dots(frame, points, 'dot'),
    ],
    `Reliability: points within their whiskers are what a well calibrated model gives on so few rows. Calibration error ${figure(error)}; sampling alone gives ${figure(sampling.mean)}.`,
  );
}

function residualPlots({ residuals }: Errors): Markup | null {
  if (residuals === null) return null;
  const { points, histogram, byFeature } = residuals;
  const all = points.flatMap(({ actual, predicted }) => [actual, predicted]);
  const fit = frameOf(all, all, { x: 'actual', y: 'predicted' });
  const spread = frameOf(
    histogram.flatMap(({ low, high }) => [low, high]),
    [0, ...histogram.map(({ rows }) => rows)],
    { x: 'predicted − actual', y: 'rows' },
  );
  const told = byFeature.filter(({ explained }) => explained > 0.02).slice(0, 3);
  return html`${plot(
    'Predicted against actual',
    fit,
    [
      line(
        fit,
        [
          [fit.x.low, fit.x.low],
          [fit.x.high, fit.x.high],
        ],
        'guide',
      ),
      dots(
        fit,
        points.map(({ actual, predicted }) => [actual, predicted]),
        'dot',
      ),
    ],
    'Predicted against actual; on the line nothing is wrong.',
  )}
  ${plot(
    'Residuals',
    spread,
    histogram.map(({ low, high, rows }) => column(spread, low, high, rows)),
    `Residuals: half of them between ${figure(residuals.quantiles.p25)} and ${figure(residuals.quantiles.p75)}, nine of ten between ${figure(residuals.quantiles.p05)} and ${figure(residuals.quantiles.p95)}.`,
  )}
  ${told.map(({ feature, explained, bins }) =>
    bars(
      `Residuals by ${feature}`,
      bins.map(({ label, mean, standardError }) => ({
        name: label,
        value: Math.abs(mean),
        deviation: standardError,
      })),
      `Size of the mean residual by ${feature}, which tells ${figure(100 * explained)} % of what is left: the model could learn more from it.`,
    ),
  )}`;
}

function importance({ permutationImportance }: Errors): Markup | null {
  if (permutationImportance === null || permutationImportance.length === 0) return null;
  const rows = permutationImportance
    .slice(0, MOST_FEATURES)
    .map(({ feature, importance: value, deviation }) => ({ name: feature, value, deviation }));
  return bars(
    'Permutation importance',
    rows,
    'Permutation importance: how much the mean error of a row (log loss, or squared error) grows when a column is shuffled.',
  );
}

function slices({ slices: found, sliceSearch }: Errors): Markup {
  const looked = `${String(sliceSearch.looked)} slices of one or two features were looked at; chance gives any in ${String(Math.round(100 * sliceSearch.significance))} % of such searches.`;
  if (found.length === 0) {
    return html`<h3>Slices</h3>
      <p>No slice of the data is far worse than the rest. <span class="soft">${looked}</span></p>`;
  }
  return html`<h3>Slices that are far worse than the rest</h3>
    <div class="scroll">
      <table>
        <tr>
          <th class="text">where</th>
          <th>rows</th>
          <th>mean error</th>
          <th>elsewhere</th>
          <th>p</th>
        </tr>
        ${found.map(
          ({ description, rows, meanError, meanErrorOutside, pValue }) =>
            html`<tr>
              <td class="text">${description}</td>
              <td>${rows}</td>
              <td>${figure(meanError)}</td>
              <td>${figure(meanErrorOutside)}</td>
              <td>${figure(pValue)}</td>
            </tr>`,
        )}
      </table>
    </div>
    <p class="soft small">${looked}</p>`;
}

function worst({ study, dataset }: Report, { worst: rows }: Errors): Markup | null {
  const shown = rows.slice(0, MOST_ROWS);
  const [first] = shown;
  if (first === undefined) return null;
  const { spec } = study;
  const images = new Set(dataset?.columns.filter(({ type }) => type === 'image').map(({ name }) => name));
  const used = spec.execution === 'internal' ? spec.features.include : [];
  const features = used.filter((name) => name in first.values).slice(0, 12);
  return html`<h3>The worst rows</h3>
    <div class="scroll">
      <table>
        <tr>
          <th>row</th>
          <th class="text">is</th>
          <th class="text">was called</th>
          <th>error</th>
          ${features.map((name) => html`<th>${name}</th>`)}
        </tr>
        ${shown.map(
          ({ row, actual, predicted, error, values }) =>
            html`<tr>
              <td>${row}</td>
              <td class="text">${typeof actual === 'number' ? figure(actual) : actual}</td>
              <td class="text">${typeof predicted === 'number' ? figure(predicted) : predicted}</td>
              <td>${figure(error)}</td>
              ${features.map((name) => html`<td>${cell(values[name] ?? null, images.has(name))}</td>`)}
            </tr>`,
        )}
      </table>
    </div>
    <p class="soft small">Rows count from 0 in the order of the file.</p>`;
}

/** @param isImage the value is a PNG in base64 */
function cell(value: string | number | boolean | null, isImage: boolean): Markup | string {
  if (isImage && typeof value === 'string')
    return html`<img class="thumb" alt="" src="data:image/png;base64,${value}" />`;
  return String(value ?? '–').slice(0, 40);
}
