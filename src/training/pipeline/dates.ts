import type { ColumnStep } from '../../datasets';
import type { TensorName } from '../../compiler';
import type { Arithmetic } from './arithmetic';
import { scaled } from './numbers';

export type DateStep = Extract<ColumnStep, { kind: 'date' }>;
type PartName = DateStep['parts'][number]['of'];

const DAY = 86_400_000;
/** The last time that JavaScript's dates know, and before 1970 the first. */
const MOST_TIME = 8.64e15;
/** Days from 0000-03-01 to 1970-01-01, and of 400 years. */
const EPOCH = 719_468;
const ERA = 146_097;
/** Days from the first of March to the first of January. */
const TO_JANUARY = 306;

/** [rows, 1] in milliseconds since 1970, NaN where missing, to [rows, parts]. */
export function dateColumns(a: Arithmetic, step: DateStep, raw: TensorName): TensorName {
  const missing = a.isMissing(raw);
  const calendar = new Calendar(a, a.clip(a.choose(missing, step.fill, raw), -MOST_TIME, MOST_TIME));
  const parts = step.parts.map(({ of, wave, scale }) => {
    const part = calendar.part(of);
    // ONNX Runtime has no cosine of float64.
    const angle = wave === 'cos' ? a.add(a.mul(2 * Math.PI, part), Math.PI / 2) : a.mul(2 * Math.PI, part);
    return scaled(a, wave === null ? part : a.sin(angle), scale);
  });
  return a.beside(step.indicator ? [...parts, a.number(missing)] : parts);
}

/**
 * Parts of a time in UTC. Years begin in March inside, so that a leap day is the last of its year (Hinnant,
 * "chrono-compatible low-level date algorithms", 2013).
 */
class Calendar {
  readonly #a: Arithmetic;
  readonly #time: TensorName;
  readonly #known = new Map<string, TensorName>();

  constructor(a: Arithmetic, time: TensorName) {
    this.#a = a;
    this.#time = time;
  }

  part(name: PartName): TensorName {
    const { add, sub, mul, div } = this.#a;
    switch (name) {
      case 'time':
        return this.#time;
      case 'weekday':
        return this.#weekday();
      case 'weekCycle':
        return div(add(this.#weekday(), this.#fraction()), 7);
      case 'dayCycle':
        return this.#fraction();
      case 'hour':
        return mul(this.#fraction(), 24);
      case 'year':
        return this.#year();
      case 'month':
        return this.#month();
      case 'day':
        return this.#day();
      case 'yearCycle': {
        const from = this.#startOf(this.#year());
        return div(sub(this.#time, mul(from, DAY)), mul(this.#yearDays(), DAY));
      }
      case 'monthCycle': {
        const from = sub(this.#date(), sub(this.#day(), 1));
        return div(sub(this.#time, mul(from, DAY)), mul(this.#monthDays(), DAY));
      }
    }
  }

  /** Whole days since 1970. */
  #date(): TensorName {
    return this.#once('date', ({ floor, div }) => floor(div(this.#time, DAY)));
  }

  #fraction(): TensorName {
    return this.#once('fraction', ({ sub, div }) => sub(div(this.#time, DAY), this.#date()));
  }

  /** 1970 began on a Thursday. */
  #weekday(): TensorName {
    return this.#once('weekday', (a) => modulo(a, a.add(this.#date(), 3), 7));
  }

  /** Days since the first of March of year 0 modulo 400. */
  #dayOfEra(): TensorName {
    return this.#once('dayOfEra', (a) => modulo(a, a.add(this.#date(), EPOCH), ERA));
  }

  #yearOfEra(): TensorName {
    return this.#once('yearOfEra', (a) => {
      const day = this.#dayOfEra();
      const whole = (length: number): TensorName => a.floor(a.div(day, length));
      return a.floor(a.div(a.sub(a.add(a.sub(day, whole(1460)), whole(36_524)), whole(ERA - 1)), 365));
    });
  }

  /** From the first of March: 0. */
  #dayOfYear(): TensorName {
    return this.#once('dayOfYear', (a) => a.sub(this.#dayOfEra(), daysBefore(a, this.#yearOfEra())));
  }

  /** March: 0. */
  #place(): TensorName {
    return this.#once('place', (a) => a.floor(a.div(a.add(a.mul(this.#dayOfYear(), 5), 2), 153)));
  }

  #month(): TensorName {
    return this.#once('month', (a) => {
      const place = this.#place();
      return a.choose(a.less(place, 10), a.add(place, 3), a.sub(place, 9));
    });
  }

  #day(): TensorName {
    return this.#once('day', (a) => a.add(a.sub(this.#dayOfYear(), monthStart(a, this.#place())), 1));
  }

  #year(): TensorName {
    return this.#once('year', (a) => {
      const era = a.floor(a.div(a.add(this.#date(), EPOCH), ERA));
      const march = a.add(this.#yearOfEra(), a.mul(era, 400));
      return a.choose(a.less(this.#place(), 10), march, a.add(march, 1));
    });
  }

  #yearDays(): TensorName {
    return this.#once('yearDays', (a) =>
      a.sub(this.#startOf(a.add(this.#year(), 1)), this.#startOf(this.#year())),
    );
  }

  #monthDays(): TensorName {
    return this.#once('monthDays', (a) => {
      const place = this.#place();
      const usual = a.sub(monthStart(a, a.add(place, 1)), monthStart(a, place));
      return a.choose(a.less(place, 11), usual, a.sub(this.#yearDays(), 365 - 28));
    });
  }

  /** Days from 1970 to the first of January of a year. */
  #startOf(year: TensorName): TensorName {
    const a = this.#a;
    const march = a.sub(year, 1);
    const era = a.floor(a.div(march, 400));
    const inEra = a.add(daysBefore(a, a.sub(march, a.mul(era, 400))), TO_JANUARY);
    return a.sub(a.add(a.mul(era, ERA), inEra), EPOCH);
  }

  #once(name: string, make: (a: Arithmetic) => TensorName): TensorName {
    const known = this.#known.get(name) ?? make(this.#a);
    this.#known.set(name, known);
    return known;
  }
}

/** At least 0. */
function modulo(a: Arithmetic, value: TensorName, by: number): TensorName {
  return a.sub(value, a.mul(a.floor(a.div(value, by)), by));
}

/** Days from the start of an era to the first of March of its year. */
function daysBefore(a: Arithmetic, year: TensorName): TensorName {
  const leaps = a.sub(a.floor(a.div(year, 4)), a.floor(a.div(year, 100)));
  return a.add(a.mul(year, 365), leaps);
}

/** Days from the first of March to the first of a month, March: 0. */
function monthStart(a: Arithmetic, place: TensorName): TensorName {
  return a.floor(a.div(a.add(a.mul(place, 153), 2), 5));
}
