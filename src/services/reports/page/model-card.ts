import type { JsonValue } from '../../../core/json';
import type { Specification } from '../../../core/specification';
import type { Report } from '../report';
import { html, type Markup } from './markup';
import { figure } from './plots';

const PARTS = ['train', 'validation', 'test'] as const;

/** What somebody who has to approve the model wants to know: data, preparation, space, budget, metrics, limits. */
export function modelCard(report: Report): Markup {
  const { study, dataset, final } = report;
  const { search, objectives } = study.spec;
  return html`<h2 id="card">Model card</h2>
    ${final === null ? html`<p class="soft">The final model is made when the study ends.</p>` : metricTable(final)}
    <dl>
      ${study.task === null ? row('Task', 'trained outside the service') : row('Task', `${study.task}, target ${study.target ?? ''}`)}
      ${
        dataset === null
          ? null
          : row('Data', html`${dataset.name}, ${dataset.rows} rows, sha256 <code>${dataset.sha256}</code>`)
      }
      ${study.spec.execution === 'internal' ? dataRows(study.spec) : null}
      ${row('Objective', objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', '))}
      ${row('Search space', html`${study.space.map(hole)}`)}
      ${row(
        'Budget',
        `${String(search.trials)} trials; sampler ${nameOf(search.sampler)}, pruner ${nameOf(search.pruner)}, seed ${String(search.seed)}`,
      )}
      ${
        final === null
          ? null
          : html`${row('Network', `trial ${String(final.model.trial)}, ${String(final.model.parameters)} parameters`)}
            ${row('Configuration', html`<code>${paramsOf(report)}</code>`)}
            ${row('Files', html`${final.model.files.map(({ name, bytes, sha256 }) => html`${name} (${bytes} bytes, <code>${sha256.slice(0, 12)}…</code>) `)}`)}`
      }
      ${row('Study', `${study.id}, created ${study.createdAt}, ended ${study.finishedAt ?? 'not yet'}`)}
    </dl>
    <h3>Limits</h3>
    <p>
      The validation figures are optimistic: among ${study.progress.completed} completed trials the best was
      chosen by them. The test part was measured once, for this model. The intervals are bootstrap intervals
      ${final?.resampling === 'groups' ? 'over groups' : final?.resampling === 'blocks' ? 'over blocks of time' : 'over rows'}
      at 95 %; they leave out how much another training run would differ. They hold for rows that come from
      where these came from, and for no others.
    </p>`;
}

function metricTable({ metrics, confidence, validationConfidence }: NonNullable<Report['final']>): Markup {
  const names = [...new Set(PARTS.flatMap((part) => Object.keys(metrics[part] ?? {})))];
  const interval = (of: typeof confidence, name: string): string => {
    const { low = null, high = null } = of?.[name] ?? {};
    return low === null || high === null ? '' : ` (${figure(low)} to ${figure(high)})`;
  };
  return html`<div class="scroll">
    <table>
      <tr>
        <th>metric</th>
        <th>training</th>
        <th>validation (95 %)</th>
        <th>test (95 %)</th>
      </tr>
      ${names.map(
        (name) =>
          html`<tr>
            <td>${name}</td>
            <td>${figure(metrics.train?.[name])}</td>
            <td>${figure(metrics.validation?.[name])}${interval(validationConfidence, name)}</td>
            <td>${figure(metrics.test?.[name])}${interval(confidence, name)}</td>
          </tr>`,
      )}
    </table>
  </div>`;
}

function row(title: string, value: string | Markup): Markup {
  return html`<dt>${title}</dt>
    <dd>${value}</dd>`;
}

function hole(value: JsonValue): Markup {
  const { name, kind, low, high, options } = value as {
    readonly name: string;
    readonly kind: string;
    readonly low?: number;
    readonly high?: number;
    readonly options?: readonly JsonValue[];
  };
  const extent = options === undefined ? `${figure(low)} to ${figure(high)}` : options.map(String).join(', ');
  return html`<code>${name}</code> (${kind}: ${extent}) `;
}

function nameOf(strategy: JsonValue): string {
  return typeof strategy === 'string' ? strategy : JSON.stringify(strategy);
}

function paramsOf({ search, final }: Report): string {
  const trial = search.history.find((entry) => entry.trial === final?.model.trial);
  return JSON.stringify(trial?.params ?? {});
}

function dataRows({ features, split, preparation }: Specification): Markup {
  const share = (part: number): string => `${String(Math.round(100 * part))} %`;
  const parts = `${share(split.train)} training, ${share(split.validation)} validation, ${share(split.test)} test`;
  const more = [
    ...(split.stratify ? ['stratified'] : []),
    ...(split.group === null ? [] : [`whole groups of ${split.group}`]),
    ...(split.time === null ? [] : [`in the order of ${split.time}`]),
    `seed ${String(split.seed)}`,
  ];
  return html`${row('Columns used', features.include.join(', '))}
  ${row('Split', `${parts}; ${more.join(', ')}`)}
  ${row('Preparation', html`<code>${JSON.stringify(preparation)}</code>; fitted on training rows only`)}`;
}
