// What feelin says: node oracle.mjs FACTS.json < expressions, one on each line; prints a value for each as feel_tool does.
import { FeelDate, FeelDateTime, FeelDuration, evaluate, parseDate } from 'feelin';
import { readFileSync } from 'node:fs';

function context(facts) {
  const whole = {};
  for (const [name, { type, value }] of facts) {
    const read = (v) => (type.endsWith('date') && v !== null ? parseDate(v) : v);
    const words = name.split('.');
    const last = words.pop();
    let at = whole;
    for (const word of words) at = at[word] ??= {};
    at[last] = Array.isArray(value) ? value.map(read) : read(value);
  }
  return whole;
}

// Seconds of a days and time duration, exactly: its parts are whole.
function seconds(d) {
  const ns = BigInt(d.days) * 86400n * 10n ** 9n + BigInt(d.hours) * 3600n * 10n ** 9n + BigInt(d.minutes) * 60n * 10n ** 9n +
    BigInt(d.seconds) * 10n ** 9n + BigInt(d.milliseconds) * 10n ** 6n + BigInt(d.microseconds) * 1000n + BigInt(d.nanoseconds);
  const size = ns < 0n ? -ns : ns;
  const fraction = String(size % 10n ** 9n).padStart(9, '0').replace(/0+$/, '');
  return `${ns < 0n ? '-' : ''}${size / 10n ** 9n}${fraction ? '.' + fraction : ''}`;
}

function print(v) {
  if (v === null || v === undefined) return 'null';
  if (typeof v === 'string') return JSON.stringify(v);
  if (Array.isArray(v)) return '[' + v.map(print).join(', ') + ']';
  if (v instanceof FeelDate) return 'date ' + v.toString();
  if (v instanceof FeelDateTime) return 'date and time ' + v.toString();
  if (v instanceof FeelDuration) {
    const d = v.unwrap();
    // it gives some durations of years and months a day part, against the specification
    return v.yearsMonths ? `months ${d.years * 12 + d.months}${d.days ? ' and days' : ''}` : 'days ' + seconds(d);
  }
  return String(v);
}

const facts = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const out = [];
for (const line of readFileSync(0, 'utf8').split('\n').slice(0, -1)) {
  try {
    const read = Object.entries(facts).filter(([name]) => line.includes(name)); // fewer names are parsed faster
    out.push(print(evaluate(line, context(read)).value));
  } catch (fault) {
    out.push('error ' + String(fault.message).replace(/\s+/g, ' '));
  }
}
process.stdout.write(out.join('\n') + '\n');
