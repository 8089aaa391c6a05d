import { isJsonObject, type JsonObject } from '../../core/json';
import type { FinalSettings, SplitSettings } from '../../core/specification';
import type { Findings } from './findings';
import { fields, number, word } from './rules';

const MOST_TIMES = 100;
const MOST_MEMBERS = 20;
const MOST_STAGES = 20;

/** The rules of the section `final`. */
export const finalRules = fields({
  refit: word(['none', 'train+validation']),
  trainLonger: number({ min: 1, max: MOST_TIMES }),
  ensemble: number({ min: 1, max: MOST_MEMBERS, integer: true }),
  boosting: number({ min: 0, max: MOST_STAGES, integer: true }),
});

/** The model of a k-fold study is a refit, unless the mean of its folds' networks is asked for. */
export function finalOf(body: JsonObject, { method }: Pick<SplitSettings, 'method'>): FinalSettings {
  const given = isJsonObject(body['final']) ? body['final'] : {};
  const refit = method === 'kfold' ? 'train+validation' : 'none';
  return { refit, trainLonger: 1, ensemble: 1, boosting: 0, ...given };
}

/** What a final option needs of the rest of the study. */
export function checkFinal(
  { refit, trainLonger, ensemble, boosting }: FinalSettings,
  study: {
    readonly split: SplitSettings;
    readonly objectives: readonly unknown[];
  },
  findings: Findings,
): void {
  const measured = { trainLonger: trainLonger > 1, ensemble: ensemble > 1, boosting: boosting > 0 };
  const asked = Object.entries(measured).flatMap(([name, isAsked]) => (isAsked ? [name] : []));
  if (study.split.method === 'kfold') {
    if (boosting > 0) {
      findings.wrong(
        'final.boosting',
        'needs validation rows that say how many stages to keep, and the final model of a k-fold study has none',
      );
    }
  } else if (boosting > 0 && refit !== 'none') {
    findings.unsupported('final.refit', 'a refit of a boosted network is not built; give one of the two');
  }
  if (study.objectives.length > 1) {
    const refits = refit !== 'none' && study.split.method !== 'kfold';
    for (const name of [...asked, ...(refits ? ['refit'] : [])]) {
      findings.wrong(
        `final.${name}`,
        'a study with several objectives makes no model by itself; POST …/trials/{n}/model makes one',
      );
    }
  }
}
