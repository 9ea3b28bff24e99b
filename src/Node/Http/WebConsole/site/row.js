// One row: its value, changed only if it is still what was shown, and what came of that.

import { NoAnswer, newKey, Refusal, rowPath, rowsPath, send, whole } from './api.js';
import { confirm } from './dialog.js';
import { command, field, h, notice } from './dom.js';
import { bytes, number } from './format.js';
import { pretty } from './json.js';
import { failureNotice, linkOf, readFreshOrLocal, staleNotice } from './rows.js';

const EDITABLE = 256 << 10;

export const title = 'Row';

export function mount(root, { table, key = null, isNew = false }) {
  const ending = new AbortController();
  const isJson = table !== 'kv';
  const said = h('div', { id: 'outcome', 'aria-live': 'polite' });
  const facts = h('dl', { class: 'facts' });
  const type = h('input', { id: 'content-type', value: 'text/plain; charset=utf-8', autocomplete: 'off', spellcheck: 'false' });
  const name = h('input', { id: 'key', value: key ?? '', autocomplete: 'off', spellcheck: 'false', required: !isJson });
  const value = h('textarea', { id: 'value', rows: 12, spellcheck: 'false', autocomplete: 'off', oninput: weigh });
  const save = h('button', { type: 'submit', class: 'primary' }, isNew ? 'Create' : 'Save');
  const remove = h('button', { type: 'button', class: 'danger', onclick: askToDelete }, 'Delete');
  const reload = h('button', { type: 'button', onclick: () => load(true) }, 'Reload');
  const download = h('button', { type: 'button', onclick: keep }, 'Download');
  const form = h('form', { class: 'editor', onsubmit: event => { event.preventDefault(); write(); } },
    isNew && field('Key', name, isJson ? 'left empty, the table makes one' : null),
    !isJson && field('Content type', type),
    field(isJson ? 'Row, as JSON' : 'Value', value),
    h('div', { class: 'buttons' }, save, !isNew && [remove, reload, download], h('a', { class: 'button', href: `#/rows/${encodeURIComponent(table)}` }, 'Back to the rows')));
  root.append(h('h1', { tabindex: -1 }, isNew ? `New row of ${table}` : h('span', { class: 'key' }, key)), said, facts, form);

  // What the editor is based on: the tag that the row must still have, and the text as it was shown.
  let [tag, shown, ends, raw] = [null, '', '\n', null];
  if (isNew) {
    value.value = isJson ? '{}' : '';
    shown = value.value;
    weigh();
  } else {
    load(true);
  }
  const end = () => ending.abort();
  end.isDirty = () => value.value !== shown;
  return end;

  function weigh() {
    save.disabled = value.readOnly || (!isNew && tag !== null && value.value === shown);
  }

  function path() {
    const at = rowPath(table, isNew ? name.value : key);
    if (at === null) {
      throw new Refusal(0, { title: 'Not from a browser', detail: 'a browser takes the keys . and .. for folders and can’t send them; raftctl can', outcome: 'not-applied' }, new Headers());
    }
    return at;
  }

  async function load(clears) {
    form.setAttribute('aria-busy', 'true');
    try {
      const { answer, stale } = await readFreshOrLocal(path(), ending.signal);
      raw = new Uint8Array(await whole(answer, 'arrayBuffer', ending.signal));
      if (clears) {
        said.replaceChildren();
      }
      if (stale) {
        said.append(staleNotice(answer, stale));
      }
      tag = answer.headers.get('ETag');
      type.value = answer.headers.get('Content-Type') ?? '';
      describe(answer);
      fill();
    } catch (failure) {
      if (!ending.signal.aborted) {
        absent(failure);
      }
    } finally {
      form.removeAttribute('aria-busy');
      weigh();
    }
  }

  function absent(failure) {
    tag = null;
    facts.replaceChildren();
    said.append(failure instanceof Refusal && failure.status === 404
      ? notice('warn', h('strong', {}, 'There is no such row'), ' any more, or there never was. Saving makes it.') : failureNotice(failure));
  }

  function describe(answer) {
    const told = [
      ['Table', table], ['Revision', number(Number(tag?.replaceAll('"', '')))], ['Version', number(Number(answer.headers.get('Raft-Version')))],
      ['Length', bytes(raw.length)], ['Read from', `${answer.headers.get('Raft-Node')} at revision ${number(Number(answer.headers.get('Raft-Revision')))}`],
    ];
    facts.replaceChildren(...told.map(([term, text]) => h('div', {}, h('dt', {}, term), h('dd', {}, text))));
  }

  function fill() {
    const { text, why } = textOf(raw);
    value.readOnly = why !== null;
    ends = text?.includes('\r\n') ? '\r\n' : '\n';
    value.value = why ? '' : isJson ? pretty(text) : text;
    shown = value.value;
    if (why) {
      said.append(notice('warn', `Not shown and not to be changed here: ${why}. Download it, or `, command(`raftctl get ${JSON.stringify(key)}`)));
    }
  }

  function write(condition) {
    const text = ends === '\n' ? value.value : value.value.replaceAll('\n', ends);
    const headers = {
      'Idempotency-Key': newKey(), 'Content-Type': isJson ? 'application/json' : type.value,
      ...(condition ?? (isNew || tag === null ? { 'If-None-Match': '*' } : { 'If-Match': tag })),
    };
    if (isNew && isJson && name.value === '') {
      delete headers['If-None-Match'];
      return change('POST', rowsPath(table), headers, text);
    }
    return change('PUT', null, headers, text);
  }

  async function askToDelete() {
    if (await confirm(`Delete ${key}?`, [
      `The row goes from ${table} on all nodes, if it is still what is shown here (revision ${tag?.replaceAll('"', '')}).`,
      'Its history stays readable until it is compacted.'], 'Delete the row', { danger: true, run: isJson ? null : `raftctl delete ${key}` })) {
      await change('DELETE', null, { 'Idempotency-Key': newKey(), 'If-Match': tag ?? '*' });
    }
  }

  /** Sends a change and says what came of it; sent again under the same key, it is done once. */
  async function change(method, at, headers, text) {
    form.setAttribute('aria-busy', 'true');
    try {
      const answer = await send(method, at ?? path(), { body: text === undefined ? undefined : new Blob([text]), headers, signal: ending.signal });
      const done = JSON.parse(await whole(answer, 'text'));
      await changed(method, answer, done);
    } catch (failure) {
      if (!ending.signal.aborted) {
        said.replaceChildren(refused(failure, () => change(method, at, headers, text)));
        said.firstElementChild.scrollIntoView({ block: 'nearest' });
      }
    } finally {
      form.removeAttribute('aria-busy');
    }
  }

  async function changed(method, answer, done) {
    if (method === 'DELETE') {
      said.replaceChildren(notice('good', h('strong', {}, 'Deleted'), ` in revision ${number(done.revision)}.`));
      [tag, shown] = [null, ''];
      value.value = '';
      facts.replaceChildren();
      weigh();
    } else if (isNew) {
      shown = value.value;
      const made = answer.headers.get('Location')?.split('/rows/').at(-1);
      location.hash = linkOf(table, made === undefined ? name.value : decodeURIComponent(made));
    } else {
      said.replaceChildren(notice('good', h('strong', {}, 'Saved'), ` as revision ${number(done.revision)}, version ${number(done.version)}.`));
      shown = value.value;
      await load(false);
    }
  }

  function refused(failure, again) {
    if (failure instanceof Refusal && failure.status === 412) {
      return conflict(failure);
    }
    if (failure instanceof NoAnswer || failure.isUnknown) {
      return notice('warn', h('p', {}, h('strong', {}, 'Nobody knows whether it was done. '), `${failure.message}. It may be done now, later or never.`),
        h('p', {}, 'Asked again under the same name, it is done once, however often you ask.'),
        h('div', { class: 'buttons' }, h('button', { type: 'button', onclick: again }, 'Ask again'), h('button', { type: 'button', onclick: () => load(true) }, 'Look at the row')));
    }
    const { problem } = failure;
    return notice('bad', h('p', {}, h('strong', {}, problem?.title ?? 'Failed'), `: ${failure.message}`),
      problem?.outcome === 'not-applied' && h('p', {}, 'Nothing was changed.'), problem?.outcome === 'applied' && h('p', {}, 'The change is made.'));
  }

  /** Somebody was faster: what they wrote is shown beside what would be lost. */
  function conflict(failure) {
    const now = failure.headers.get('ETag');
    if (isNew) {
      return notice('bad', h('p', {}, h('strong', {}, 'There is such a row already. '), 'Nothing was changed.'),
        h('div', { class: 'buttons' }, h('a', { class: 'button', href: linkOf(table, name.value) }, 'Open it')));
    }
    const theirs = h('pre', { class: 'theirs', tabindex: 0, 'aria-label': 'What is there now' });
    const box = notice('bad',
      h('p', {}, h('strong', {}, now ? 'Changed meanwhile. ' : 'Deleted meanwhile. '),
        now ? `Somebody wrote revision ${number(Number(now.replaceAll('"', '')))}; what you see is based on revision ${tag ? number(Number(tag.replaceAll('"', ''))) : 'none'}. ` : 'Somebody deleted the row. ',
        'Nothing of yours was saved.'),
      now && h('p', {}, 'What is there now:'), now && theirs,
      h('div', { class: 'buttons' },
        now && h('button', { type: 'button', onclick: () => load(true) }, 'Take theirs, drop mine'),
        h('button', { type: 'button', onclick: () => write(now ? { 'If-Match': now } : { 'If-None-Match': '*' }) }, now ? 'Write mine over it' : 'Create it again')));
    if (now) {
      readFreshOrLocal(path(), ending.signal).then(async ({ answer }) => {
        const { text, why } = textOf(new Uint8Array(await whole(answer, 'arrayBuffer')));
        theirs.textContent = why ? `(${why})` : isJson ? pretty(text) : text;
      }).catch(failed => { theirs.textContent = failed.message; });
    }
    return box;
  }

  function keep() {
    const url = URL.createObjectURL(new Blob([raw ?? new Uint8Array()], { type: 'application/octet-stream' }));
    h('a', { href: url, download: key.split('/').at(-1) || 'value' }).click();
    URL.revokeObjectURL(url);
  }
}

/** Bytes as a text that a text field gives back as it got it; why not, when they are none. */
function textOf(raw) {
  if (raw.length > EDITABLE) {
    return { text: null, why: `it has ${bytes(raw.length)}` };
  }
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return { text: null, why: `these ${bytes(raw.length)} are no text` };
  }
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) {
    return { text, why: 'it has control characters' };
  }
  const [all, pairs] = [(text.match(/[\r\n]/g) ?? []).length, (text.match(/\r\n/g) ?? []).length];
  return text.includes('\r') && all !== 2 * pairs ? { text, why: 'its lines end in different ways' } : { text, why: null };
}
