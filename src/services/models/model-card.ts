import type { StoredDataset } from '../../core/dataset';
import type { Metrics } from '../../core/metrics';
import type { Model } from '../../core/model';
import type { SplitSettings } from '../../core/specification';
import type { InternalStudy, TrialCounts } from '../../core/study';

const PARTS = ['train', 'validation', 'test'] as const;

/** The model card of a bundle, in Markdown: data, preparation, budget and what was measured. */
export function modelCard(
  model: Model,
  study: InternalStudy | null,
  dataset: StoredDataset | null,
  counts: TrialCounts | null,
): string {
  const lines = [
    `# Model card: ${study?.name ?? model.id}`,
    '',
    `Made by Tuneloom on ${model.createdAt}; model ${model.id}, trial ${String(model.trial)} of study ${model.study}.`,
    '',
    '## Task',
    '',
    `- ${model.task}${study === null ? '' : `, target \`${study.target}\``}`,
    ...(dataset === null
      ? []
      : [`- data: ${dataset.name}, ${String(dataset.rows)} rows, sha256 ${dataset.sha256}`]),
    ...(study === null ? [] : aboutSearch(study, counts)),
    '',
    '## Metrics',
    '',
    '| metric | train | validation | test |',
    '|---|---|---|---|',
    ...metricLines(model.metrics),
    '',
    'The validation figures are optimistic: the trial was chosen by them. The test part was measured once, for this model.',
    '',
    '## Files',
    '',
    ...model.files.map(({ name, bytes, sha256 }) => `- ${name}, ${String(bytes)} bytes, sha256 ${sha256}`),
    '',
    `${String(model.parameters)} parameters. \`preprocessing.json\` says how raw columns become the input and outputs become labels.`,
    '',
  ];
  return lines.join('\n');
}

function aboutSearch(study: InternalStudy, counts: TrialCounts | null): readonly string[] {
  const { split, features, search, objectives } = study.spec;
  return [
    `- columns used: ${features.include.map((name) => `\`${name}\``).join(', ')}`,
    `- split: ${splitText(split)}, seed ${String(split.seed)}; the preparation was fitted on the training part only`,
    '',
    '## Search',
    '',
    `- sampler ${JSON.stringify(search.sampler)}, pruner ${JSON.stringify(search.pruner)}, seed ${String(search.seed)}`,
    `- objective: ${objectives.map(({ metric, direction }) => `${direction} ${metric}`).join(', ')}`,
    ...(counts === null
      ? []
      : [
          `- trials: ${String(counts.completed)} completed, ${String(counts.pruned)} pruned, ${String(counts.failed)} failed`,
        ]),
  ];
}

function splitText({ train, validation, test, folds, stratify, group, time }: SplitSettings): string {
  const share = (part: number): string => `${String(Math.round(part * 100))} %`;
  const parts =
    folds === null
      ? `${share(train)} training, ${share(validation)} validation, ${share(test)} test`
      : `${share(test)} test, the rest in ${String(folds)} folds`;
  const how = [
    stratify ? 'stratified' : null,
    group === null ? null : `whole groups of \`${group}\``,
    time === null ? null : `in the order of \`${time}\``,
  ].filter((each) => each !== null);
  return [parts, ...how].join(', ');
}

function metricLines(metrics: Model['metrics']): readonly string[] {
  const names = [...new Set(PARTS.flatMap((part) => Object.keys(metrics[part] ?? {})))];
  const figure = (part: Metrics | null, name: string): string => {
    const value = part?.[name] ?? null;
    return value === null ? '–' : value.toPrecision(5);
  };
  return names.map((name) => `| ${name} | ${PARTS.map((part) => figure(metrics[part], name)).join(' | ')} |`);
}
