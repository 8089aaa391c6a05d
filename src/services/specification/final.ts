import { isJsonObject, type JsonObject, type JsonValue } from '../../core/json';
import type { FinalSettings, SplitSettings } from '../../core/specification';
import { holes } from '../../space';
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

export function finalOf(body: JsonObject): FinalSettings {
  const given = isJsonObject(body['final']) ? body['final'] : {};
  return { refit: 'none', trainLonger: 1, ensemble: 1, boosting: 0, ...given };
}

/** What a final option needs of the rest of the study. */
export function checkFinal(
  { refit, trainLonger, ensemble, boosting }: FinalSettings,
  study: {
    readonly split: SplitSettings;
    readonly objectives: readonly unknown[];
    readonly preparation: JsonValue;
  },
  findings: Findings,
): void {
  const measured = { trainLonger: trainLonger > 1, ensemble: ensemble > 1, boosting: boosting > 0 };
  const asked = Object.entries(measured).flatMap(([name, isAsked]) => (isAsked ? [name] : []));
  if (study.split.method === 'kfold') {
    for (const name of asked) {
      findings.wrong(
        `final.${name}`,
        'needs validation rows to be measured on; a k-fold study refits its best configuration on all folds',
      );
    }
  }
  if (study.objectives.length > 1) {
    for (const name of [...asked, ...(refit === 'none' ? [] : ['refit'])]) {
      findings.wrong(
        `final.${name}`,
        'a study with several objectives makes no model by itself; POST …/trials/{n}/model makes one',
      );
    }
  }
  if (boosting > 0 && refit !== 'none') {
    findings.unsupported('final.refit', 'a refit of a boosted network is not built; give one of the two');
  }
  if (ensemble > 1 && holes(study.preparation).length > 0) {
    findings.unsupported(
      'final.ensemble',
      'members with preparations of their own are not built yet; leave holes out of preparation, or give 1',
    );
  }
}
