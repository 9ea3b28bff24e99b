// JSON whose numbers keep their digits: a row may hold more of them than a number of this language can.

const KEEPS = typeof JSON.rawJSON === 'function';

/** Reads JSON. Numbers that would lose digits stay as they were written, where the browser can do that. */
export const read = text => JSON.parse(text, (_, value, context) =>
  typeof value === 'number' && KEEPS && context?.source !== undefined && context.source !== String(value)
    ? JSON.rawJSON(context.source)
    : value);

/** Writes what was read, on one line. */
export const compact = value => JSON.stringify(value);

/** Lays valid JSON out over lines. It goes by the text, so no digit and no order of members is lost. */
export function pretty(text) {
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
  const out = [];
  let depth = 0;
  const line = () => out.push('\n', '  '.repeat(depth));
  const tokens = text.match(token) ?? [];
  tokens.forEach((part, at) => {
    const next = tokens[at + 1];
    if (part === '{' || part === '[') {
      out.push(part);
      depth++;
      if (next !== '}' && next !== ']') {
        line();
      }
    } else if (part === '}' || part === ']') {
      depth--;
      if (tokens[at - 1] !== '{' && tokens[at - 1] !== '[') {
        line();
      }
      out.push(part);
    } else if (part === ',') {
      out.push(part);
      line();
    } else {
      out.push(part === ':' ? ': ' : part);
    }
  });
  return out.join('');
}
