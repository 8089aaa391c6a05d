import { createHash } from 'node:crypto';
import type { Finding } from '../../../core/finding';
import type { Report } from '../report';
import { searchSection } from './curves';
import { errorSection } from './errors';
import { html, Markup } from './markup';
import { modelCard } from './model-card';
import { figure } from './plots';
import { finalSection, processPlots } from './process';
import { STYLE } from './style';

/** Shades of a confusion matrix, by eighths of its largest count. */
const HEAT = Array.from(
  { length: 9 },
  (_, i) => `.heat${String(i)} { background: rgb(37 99 235 / ${String((i * 5) / 100)}); }`,
).join('\n');
const SHEET = `${STYLE}${HEAT}\n`;
/** In one piece: the policy's hash is that of every character between the tags, and formatting the page adds some. */
const SHEET_ELEMENT = new Markup(`<style>${SHEET}</style>`);

/** What a browser may do with the page: nothing but show it with its own style. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(SHEET).digest('base64')}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The report as one self-contained page that prints well: no script, no font, and no picture from elsewhere. */
export function reportPage(report: Report): string {
  const { study } = report;
  const page = html`<html lang="en">
    <head>
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <title>${study.name} · report</title>
      ${SHEET_ELEMENT}
    </head>
    <body>
      <main>
        ${head(report)}${tiles(report)}${findings(report)}${searchSection(report)}${processPlots(report)}${finalSection(report)}${errorSection(report)}${modelCard(report)}
      </main>
    </body>
  </html>`;
  return `<!doctype html>\n${page.toString()}\n`;
}

function head({ study, dataset }: Report): Markup {
  return html`<header>
    <h1>${study.name}</h1>
    <p class="soft">
      ${study.spec.execution === 'external' ? 'Trained outside the service.' : purpose(study, dataset)} Study
      ${study.state}, ${study.progress.completed} trials completed, ${study.progress.pruned} pruned,
      ${study.progress.failed} failed.
    </p>
  </header>`;
}

function purpose({ task, target, spec }: Report['study'], dataset: Report['dataset']): Markup {
  const what = task === 'regression' ? 'a value' : task === 'binary' ? 'one of two classes' : 'a class';
  const columns = spec.execution === 'internal' ? spec.features.include.length : 0;
  return html`Predicts ${what}, <code>${target}</code>, from ${columns}
    ${columns === 1 ? 'column' : 'columns'} of
    ${dataset === null ? 'a dataset' : html`${dataset.name} (${dataset.rows} rows)`}.`;
}

/** The figures that somebody in a hurry wants: the test metrics with their intervals. */
function tiles({ study, final }: Report): Markup {
  const names =
    study.task === 'regression' ? ['rmse', 'mae', 'r2'] : ['accuracy', 'balancedAccuracy', 'logLoss'];
  const tile = (title: string, value: string, note: string): Markup =>
    html`<div class="tile">
      <span class="small soft">${title}</span><b>${value}</b><span class="small soft">${note}</span>
    </div>`;
  if (final === null) {
    const [objective] = study.spec.objectives;
    return html`<div class="tiles">
      ${tile(`best ${objective?.metric ?? ''} so far`, figure(study.best?.values[0]), 'chosen by it: optimistic')}
    </div>`;
  }
  const { metrics, confidence, baselines } = final;
  const [baseline] = baselines ?? [];
  return html`<div class="tiles">
    ${names.map((name) => {
      const { low = null, high = null } = confidence?.[name] ?? {};
      const interval = low === null || high === null ? '' : `95 %: ${figure(low)} to ${figure(high)}`;
      return tile(`test ${name}`, figure(metrics.test?.[name]), interval);
    })}
    ${
      baseline === undefined
        ? null
        : tile(
            `${baseline.name}: ${baseline.comparison.metric}`,
            figure(baseline.metrics[baseline.comparison.metric]),
            baseline.comparison.favoured ? 'the model is better' : 'the model is not clearly better',
          )
    }
  </div>`;
}

function findings({ findings: all }: Report): Markup {
  if (all.length === 0) {
    return html`<h2 id="findings">Findings</h2>
      <p class="soft">None yet.</p>`;
  }
  const serious = all.filter(({ severity }) => severity !== 'info');
  const others = all.filter(({ severity }) => severity === 'info');
  return html`<h2 id="findings">Findings</h2>
    ${serious.length === 0 ? html`<p>Nothing to worry about was found.</p>` : serious.map(finding)}
    ${
      others.length === 0
        ? null
        : html`<details ${serious.length === 0 ? 'open' : ''}>
            <summary>${others.length} more: what was looked at and found in order</summary>
            ${others.map(finding)}
          </details>`
    }`;
}

function finding({ code, severity, message, advice }: Finding): Markup {
  return html`<div class="finding ${severity}">
    <span class="tag">${severity === 'info' ? 'no problem' : severity} · ${code.replaceAll('_', ' ')}</span>
    <p>${message}</p>
    ${advice === '' ? null : html`<p class="soft small">${advice}</p>`}
  </div>`;
}
