// The rows of a table, by prefix and page by page, in one picture.

import { get, NoAnswer, Refusal, rowsPath, send, whole } from './api.js';
import { command, field, h, notice } from './dom.js';
import { bytes, duration, many, number, short } from './format.js';
import { compact, read } from './json.js';

const LIMIT = 50;
const SHOWN = 160;

export const title = 'Rows';

/** The link of a row's own view. */
export const linkOf = (table, key) => `#/row/${encodeURIComponent(table)}/${encodeURIComponent(key)}`;

/**
 * Asks for rows or a row: as fresh as can be, and when nobody can prove that they are, this node's own copy, which is said.
 * @returns the answer, and why it is not fresh (null when it is)
 */
export async function readFreshOrLocal(path, signal) {
  const join = path.includes('?') ? '&' : '?';
  try {
    return { answer: await send('GET', `${path}${join}wait=2s`, { signal }), stale: null };
  } catch (refused) {
    if (!(refused instanceof Refusal) || !['no-leader', 'not-caught-up'].includes(refused.problem.code)) {
      throw refused;
    }
    return { answer: await send('GET', `${path}${join}consistency=local`, { signal }), stale: refused.problem.detail };
  }
}

/** What is said over rows that nobody confirmed. */
export const staleNotice = (answer, why) => {
  const behind = answer.headers.get('Raft-Staleness');
  return notice('warn', h('strong', {}, 'Maybe old. '),
    `This is ${answer.headers.get('Raft-Node')}’s own copy at revision ${number(Number(answer.headers.get('Raft-Revision')))}; `
    + `nobody confirmed that it is the newest${behind ? `, and it was last known to be so ${duration(Number(behind))} ago` : ''}: ${why}.`);
};

/** What is said when a read failed. */
export const failureNotice = failure => notice('bad',
  h('strong', {}, failure instanceof Refusal ? failure.problem.title : 'No answer'), `: ${failure.message}`);

export function mount(root, { table = 'kv', query }) {
  const ending = new AbortController();
  const prefix = h('input', { type: 'search', id: 'prefix', value: query.get('prefix') ?? '', autocomplete: 'off', spellcheck: 'false' });
  const where = h('input', { type: 'search', id: 'where-filter', value: query.get('where') ?? '', placeholder: 'logins:ge:1', autocomplete: 'off', spellcheck: 'false' });
  const tables = h('select', { id: 'table', onchange: () => { location.hash = `#/rows/${encodeURIComponent(tables.value)}`; } }, h('option', { value: table }, table));
  const said = h('div', { 'aria-live': 'polite' });
  const list = h('div', { id: 'rows' });
  const pages = h('div', { class: 'buttons' });
  const tokens = [null];
  const search = h('form', { class: 'controls', role: 'search', onsubmit: event => { event.preventDefault(); begin(); } },
    field('Table', tables), field('Keys that begin with', prefix), table !== 'kv' && field('Where', where, 'column:op:value; op is eq ne lt le gt ge'),
    h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Search'),
      h('a', { class: 'button', href: `#/new/${encodeURIComponent(table)}` }, 'New row')));
  root.append(h('h1', { tabindex: -1 }, title), search, said, list, pages);
  listTables();
  begin();
  return () => ending.abort();

  function begin() {
    tokens.splice(1);
    const stated = new URLSearchParams();
    [['prefix', prefix], ['where', where]].forEach(([name, input]) => input.value && stated.set(name, input.value));
    history.replaceState(null, '', `#/rows/${encodeURIComponent(table)}${stated.size > 0 ? `?${stated}` : ''}`);
    show();
  }

  async function listTables() {
    try {
      const all = await get('/v1/tables?consistency=local', { signal: ending.signal });
      tables.replaceChildren(...all.items.map(each => h('option', { value: each.name },
        each.rows === undefined ? each.name : `${each.name} (${many(each.rows, 'row')}, ${bytes(each.bytes)})`)));
      tables.value = table;
    } catch (failure) {
      if (!ending.signal.aborted) {
        said.replaceChildren(failureNotice(failure));
      }
    }
  }

  async function show() {
    const asked = new URLSearchParams({ limit: LIMIT });
    if (prefix.value) {
      asked.set('prefix', prefix.value);
    }
    if (table !== 'kv' && where.value) {
      where.value.split(' ').filter(Boolean).forEach(each => asked.append('where', each));
    }
    if (tokens.at(-1)) {
      asked.set('after', tokens.at(-1));
    }
    list.setAttribute('aria-busy', 'true');
    try {
      const { answer, stale } = await readFreshOrLocal(`${rowsPath(table)}?${asked}`, ending.signal);
      const page = read(await whole(answer, 'text', ending.signal));
      said.replaceChildren(...(stale ? [staleNotice(answer, stale)] : []));
      render(page);
    } catch (failure) {
      if (ending.signal.aborted) {
        return;
      }
      said.replaceChildren(failureNotice(failure));
      list.replaceChildren();
      pages.replaceChildren(failure instanceof NoAnswer || failure.problem?.retryable ? h('button', { type: 'button', onclick: show }, 'Try again') : '');
    } finally {
      list.removeAttribute('aria-busy');
    }
  }

  function render(page) {
    const from = tokens.length;
    list.replaceChildren(page.items.length === 0
      ? h('div', { class: 'empty' }, h('p', {}, prefix.value ? `No row of ${table} has a key that begins with “${prefix.value}”.` : `${table} has no rows.`),
        h('p', {}, 'To write one: ', command(table === 'kv' ? 'raftctl put greeting hello' : `raftctl row insert ${table} '{…}'`)))
      : h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Rows of ${table}` },
        h('table', { class: 'rows' },
          h('caption', {}, `Page ${from}, ${many(page.items.length, 'row')}, as of revision ${number(page.revision)}`),
          h('thead', {}, h('tr', {}, ['Key', 'Value', 'Version', 'Revision', 'Lease'].map((each, at) => h('th', { scope: 'col', class: at > 1 ? 'number' : null }, each)))),
          h('tbody', {}, page.items.map(item => h('tr', {},
            h('th', { scope: 'row' }, h('a', { href: linkOf(table, item.key) }, item.key)),
            h('td', { class: 'value' }, valueOf(item)),
            h('td', { class: 'number' }, number(item.version)), h('td', { class: 'number' }, number(item.revision)),
            h('td', { class: 'number' }, item.lease ? String(item.lease) : '')))))));
    pages.replaceChildren(
      h('button', { type: 'button', disabled: tokens.length === 1, onclick: () => { tokens.pop(); show(); } }, 'Previous page'),
      h('button', { type: 'button', disabled: !page.next, onclick: () => { tokens.push(page.next); show(); } }, 'Next page'));
  }
}

function valueOf(item) {
  if (item.value64 !== undefined) {
    return h('span', { class: 'muted' }, `${bytes(Math.floor(item.value64.length * 3 / 4))} that are no text`);
  }
  return short(typeof item.value === 'string' ? item.value : compact(item.value), SHOWN);
}
