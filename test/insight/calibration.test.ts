import { calibrationFinding, calibrationOf, confusionOf } from '../../src/insight';
import { drawnClasses } from './predictions';

function severities(sharpness: number, classes: number): readonly string[] {
  return Array.from({ length: 20 }, (_, seed) => {
    const calibration = calibrationOf(drawnClasses(seed, 200, { classes, sharpness }), seed);
    return calibration === null ? 'none' : calibrationFinding(calibration).severity;
  });
}

describe('calibration', () => {
  it.each([2, 4])('is silent where outcomes follow the probabilities (%i classes)', (classes) => {
    expect(severities(1, classes).filter((severity) => severity !== 'info').length).toBeLessThanOrEqual(1);
  });

  it.each([2, 4])('fires where the model is too sure (%i classes)', (classes) => {
    expect(severities(4, classes).filter((severity) => severity === 'warning').length).toBeGreaterThanOrEqual(
      18,
    );
    const calibration = calibrationOf(drawnClasses(1, 200, { classes, sharpness: 4 }), 1);
    expect(calibration?.overconfidence).toBeGreaterThan(0.05);
    expect(calibration === null ? '' : calibrationFinding(calibration).message).toContain('too sure');
  });

  it('keeps its error close to what sampling gives on few rows: a large error there means nothing', () => {
    const calibration = calibrationOf(drawnClasses(3, 40), 3);
    expect(calibration?.sampling.mean).toBeGreaterThan(0.05);
    expect(calibrationOf(drawnClasses(3, 19), 3)).toBeNull();
  });
});

describe('the confusion matrix', () => {
  it('has a row for the class that is and a column for the class that was said', () => {
    const labels = ['a', 'b', 'c'];
    const probabilities = Float64Array.of(0.8, 0.1, 0.1, 0.6, 0.3, 0.1, 0, 0.2, 0.8);
    const rows = Uint32Array.of(0, 1, 2);
    const matrix = confusionOf({
      kind: 'classes',
      labels,
      rows,
      actual: Int32Array.of(0, 1, 1),
      probabilities,
    });
    expect(matrix).toEqual([
      [1, 0, 0],
      [1, 0, 1],
      [0, 0, 0],
    ]);
  });
});
