// The change feed, live: what each transaction did to which row.

import { NoAnswer, Refusal, send } from './api.js';
import { field, h, keyed, notice, setText } from './dom.js';
import { many, number, short, timeOfDay } from './format.js';
import { compact, read } from './json.js';
import { linkOf } from './rows.js';

const KEPT = 300;
const SHOWN = 200;

export const title = 'Changes';

export function mount(root, { query }) {
  const from = h('input', { id: 'from', inputmode: 'numeric', pattern: '[0-9]*', value: query.get('from') ?? '', placeholder: 'what comes from now on', autocomplete: 'off' });
  const table = h('input', { id: 'feed-table', value: query.get('table') ?? '', placeholder: 'all', autocomplete: 'off', spellcheck: 'false' });
  const prefix = h('input', { id: 'feed-prefix', value: query.get('prefix') ?? '', placeholder: 'all', autocomplete: 'off', spellcheck: 'false' });
  const kinds = ['insert', 'update', 'delete'].map(name => h('label', { class: 'inline' }, h('input', { type: 'checkbox', name, checked: true }), ` ${name}`));
  const toggle = h('button', { type: 'submit', class: 'primary', id: 'toggle' }, 'Pause');
  const clear = h('button', { type: 'button', onclick: () => { events.splice(0); render(); } }, 'Clear');
  const status = h('p', { class: 'status', role: 'status', id: 'feed-status' });
  const count = h('p', { class: 'muted' });
  const said = h('div', { 'aria-live': 'assertive' });
  const list = h('ol', { class: 'events', 'aria-label': 'Changes, the newest first' });
  root.append(h('h1', { tabindex: -1 }, title),
    h('form', { class: 'controls', onsubmit: event => { event.preventDefault(); running ? pause() : resume(); } },
      field('Table', table), field('Keys that begin with', prefix),
      field('From revision', from, '0 sends every row first'),
      h('fieldset', {}, h('legend', {}, 'Kinds'), kinds),
      h('div', { class: 'buttons' }, toggle, clear)),
    status, said, count, list);

  const events = [];
  let [running, cursor, session, seen, frame] = [null, query.get('from') || null, null, 0, 0];
  [table, prefix, from, ...kinds.map(each => each.firstElementChild)].forEach(input => input.addEventListener('change', restart));
  resume();
  return pause;

  /** Other rows are meant: what was shown is no part of it. */
  function restart(event) {
    if (event.target === from) {
      [cursor, session] = [from.value || null, null];
      events.splice(0);
    }
    pause();
    resume();
  }

  function pause() {
    running?.abort();
    running = null;
    setText(toggle, 'Resume');
    tell('Paused');
  }

  function resume() {
    said.replaceChildren();
    if (!kinds.some(each => each.firstElementChild.checked)) {
      tell('Paused: no kind of change is chosen');
      setText(toggle, 'Resume');
      return;
    }
    running = new AbortController();
    setText(toggle, 'Pause');
    followOn(running.signal);
  }

  function tell(what) {
    setText(status, `${what}${cursor === null ? '' : `; goes on at revision ${number(Number(cursor))}`}.`);
  }

  async function followOn(signal) {
    for (let wait = 500; !signal.aborted; wait = Math.min(10_000, wait * 2)) {
      try {
        await stream(signal, () => { wait = 500; });
        tell('The node ended it; following again');
      } catch (failure) {
        if (signal.aborted) {
          return;
        }
        if (failure instanceof Refusal && !failure.problem.retryable) {
          refuse(failure);
          return;
        }
        tell(failure instanceof NoAnswer ? 'Cut off; trying again' : `${failure.message}; trying again`);
      }
      await new Promise(done => { setTimeout(done, wait); });
    }
  }

  /** A cursor that is no good any more is said to be so, with the way on. */
  function refuse(failure) {
    pause();
    const oldest = failure.problem.oldestRevision;
    const goOn = next => () => {
      [cursor, session] = [next, null];
      from.value = next ?? '';
      resume();
    };
    said.replaceChildren(notice('bad', h('p', {}, h('strong', {}, failure.problem.title), `: ${failure.message}`), h('div', { class: 'buttons' },
      oldest !== undefined && h('button', { type: 'button', onclick: goOn(String(oldest)) }, `Begin at revision ${number(oldest)}`),
      h('button', { type: 'button', onclick: goOn('0') }, 'Begin with all rows'), h('button', { type: 'button', onclick: goOn(null) }, 'Begin now'))));
  }

  async function stream(signal, alive) {
    const asked = new URLSearchParams();
    const wanted = kinds.map(each => each.firstElementChild).filter(each => each.checked).map(each => each.name);
    Object.entries({ table: table.value, prefix: prefix.value, from: cursor, op: wanted.length > 0 && wanted.length < 3 ? wanted.join(',') : null })
      .forEach(([name, value]) => value && asked.set(name, value));
    // The session names the history that the cursor is of: in another one the node refuses it.
    const answer = await send('GET', `/v1/changes?${asked}`, { signal, patience: 0, headers: { Accept: 'application/x-ndjson', ...(session && { 'Raft-Session': session }) } });
    session ??= answer.headers.get('Raft-Session');
    cursor ??= String(Number(answer.headers.get('Raft-Revision')) + 1);
    tell(`Following ${answer.headers.get('Raft-Node')}`);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    for (;;) {
      const { value, done } = await reader.read().catch(failure => { throw signal.aborted ? failure : new NoAnswer(failure.message); });
      if (done) {
        return;
      }
      alive();
      const lines = (rest + value).split('\n');
      rest = lines.pop();
      lines.filter(Boolean).forEach(take);
      tell(`Following ${answer.headers.get('Raft-Node')}`);
    }
  }

  function take(line) {
    const event = read(line);
    if (event.event === 'progress') {
      cursor = String(Math.max(Number(cursor), event.revision + 1));
    } else if (event.event === 'closed') {
      cursor = String(event.next);
      tell(`The node ended it: ${event.detail}`);
    } else if (event.event === 'error') {
      throw new Refusal(event.status, event, new Headers());
    } else {
      const isRows = event.changes.some(change => change.op === 'snapshot');
      // Rows that are sent first come in many events of one revision: only all of them together are a place to go on.
      cursor = isRows ? cursor : String(event.revision + 1);
      events.unshift({ ...event, id: ++seen });
      events.splice(KEPT);
      frame ||= requestAnimationFrame(render);
    }
  }

  function render() {
    frame = 0;
    setText(count, events.length === 0 ? 'Nothing happened yet.' : `${many(events.length, 'transaction')} shown, of ${number(seen)} that came. The newest is first.`);
    keyed(list, events, event => event.id, makeEvent);
  }
}

function makeEvent(event) {
  const changes = event.changes.slice(0, 20);
  return h('li', {},
    h('div', { class: 'when' }, h('strong', {}, `revision ${number(event.revision)}`),
      event.at && h('time', { datetime: event.at }, timeOfDay(new Date(event.at))), event.term && h('span', { class: 'muted' }, `term ${number(event.term)}`)),
    h('ul', {}, changes.map(change => h('li', {},
      h('span', { class: `op ${change.op}` }, change.op), ' ', h('span', { class: 'muted' }, `${change.table} / `),
      change.table.startsWith('$') ? h('span', { class: 'key' }, change.key) : h('a', { href: linkOf(change.table, change.key) }, change.key),
      h('div', { class: 'difference' }, sideOf('before', change.table, change.before), sideOf('after', change.table, change.after)))),
    event.changes.length > changes.length && h('li', { class: 'muted' }, `and ${many(event.changes.length - changes.length, 'change')} more`)));
}

/** The rows of kv are values; those of tables are what they are. */
function sideOf(name, table, row) {
  if (row === undefined || row === null) {
    return null;
  }
  const text = table !== 'kv' ? compact(row) : row.value ?? `${row.value64} (base64)`;
  return h('div', { class: name }, h('span', { class: 'muted' }, `${name} `), h('code', {}, short(text, SHOWN)));
}
