// Numbers as people read them, each with its unit.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });

/** What stands where nothing is known. */
export const UNKNOWN = '–';

/** A number without a unit: an index, a revision, a term. */
export const number = value => (value === null || value === undefined ? UNKNOWN : whole.format(value));

/** How many of something. */
export const many = (value, one, several = `${one}s`) =>
  value === null || value === undefined ? UNKNOWN : `${whole.format(value)} ${value === 1 ? one : several}`;

/** Log entries. */
export const entries = value => many(value, 'entry', 'entries');

/** A length in bytes. */
export function bytes(value) {
  if (value === null || value === undefined) {
    return UNKNOWN;
  }
  let [rest, at] = [value, 0];
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  while (rest >= 1024 && at < units.length - 1) {
    rest /= 1024;
    at++;
  }
  return `${at === 0 ? whole.format(rest) : fine.format(rest)} ${units[at]}`;
}

/** A time in milliseconds, short. */
export function duration(ms) {
  if (ms === null || ms === undefined) {
    return UNKNOWN;
  }
  if (ms < 1000) {
    return `${fine.format(ms)} ms`;
  }
  if (ms < 60_000) {
    return `${fine.format(ms / 1000)} s`;
  }
  return age(ms);
}

/** A time in milliseconds, long: the largest unit that fits. */
export function age(ms) {
  const steps = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];
  const [size, unit] = steps.find(([each]) => ms >= each) ?? steps.at(-1);
  return `${whole.format(Math.max(0, Math.floor(ms / size)))} ${unit}`;
}

/** How often in a second. */
export const rate = value => (value === null || value === undefined ? UNKNOWN : `${value >= 100 ? whole.format(value) : fine.format(value)} /s`);

/** The time of day of a date. */
export const timeOfDay = date => date.toLocaleTimeString('en-GB');

/** A date and its time of day. */
export const moment = text => (text ? new Date(text).toLocaleString('en-GB') : UNKNOWN);

/** A text that fits: the end is left out, and a sign says so. */
export const short = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);
