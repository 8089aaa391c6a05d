/** A name as a message repeats it. */
export function quoted(name: string): string {
  return JSON.stringify(name);
}

/** 0.0342 as "3.4 %". */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return `${value.toPrecision(1)} %`;
  const digits = value < 10 || (value >= 99 && value < 100) ? 1 : 0;
  return `${digits === 1 && value > 99.9 ? value.toFixed(2) : value.toFixed(digits)} %`;
}

/** A number as a message shows it: four significant digits. */
export function figure(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e9
    ? String(value)
    : String(Number(value.toPrecision(4)));
}

export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
