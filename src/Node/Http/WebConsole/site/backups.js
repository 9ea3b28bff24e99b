// What the nodes know of their backups, and a backup to take along.

import { Refusal, send } from './api.js';
import { command, field, h, keyed, notice, setText } from './dom.js';
import { bytes, moment, number } from './format.js';
import { follow } from './watch.js';

const COLUMNS = ['Node', 'Folder', 'Newest', 'Made', 'Reaches revision', 'Size', 'Next', 'Failure'];

export const title = 'Backups';

export function mount(root) {
  const said = h('div', { id: 'outcome', 'aria-live': 'polite' });
  const body = h('tbody');
  const since = h('input', { id: 'since', inputmode: 'numeric', pattern: '[0-9]*', autocomplete: 'off' });
  const local = h('input', { type: 'checkbox', id: 'local' });
  const history = h('p', { class: 'hint' });
  const take = h('button', { type: 'submit', class: 'primary' }, 'Download');
  root.append(h('h1', { tabindex: -1 }, title), said,
    h('section', { class: 'panel' }, h('h2', {}, 'Take one now'),
      h('p', {}, 'One file with every row and its history, made by this page’s node while writes go on. It has everything that was acknowledged before it began.'),
      h('form', { class: 'controls', onsubmit: event => { event.preventDefault(); download(); } },
        field('Only what happened since revision', since, 'empty for a full one'),
        h('label', { class: 'inline' }, local, ' as this node has it, without proof that nothing is missing'),
        h('div', { class: 'buttons' }, take)),
      history,
      h('p', { class: 'hint' }, 'Check it before you rely on it: ', command('raftctl backup verify FILE'), '. A restore makes a new cluster: ', command('raftctl backup restore FILE --data ./r1 --node r1'))),
    h('section', { class: 'panel' }, h('h2', {}, 'Made by the nodes themselves'),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Backups of the nodes' },
        h('table', {}, h('thead', {}, h('tr', {}, COLUMNS.map(each => h('th', { scope: 'col' }, each)))), body)),
      h('p', { class: 'hint' }, 'A node makes them with --backup-folder and --backup-every.')));
  return follow(draw);

  function draw({ nodes, self }) {
    keyed(body, nodes, node => node.id, node => h('tr', {}, h('th', { scope: 'row' }, node.id), COLUMNS.slice(1).map(() => h('td'))), (row, { view }) => {
      const made = view?.backup;
      const told = !view ? ['does not answer'] : !made ? ['makes none'] : [
        made.folder, made.file ? `${made.kind}: ${made.file}` : 'none yet', moment(made.at), number(made.revision), bytes(made.bytes), moment(made.next), made.error ?? 'none',
      ];
      COLUMNS.slice(1).forEach((_, at) => setText(row.children[at + 1], told[at] ?? '–'));
    });
    setText(history, self?.view ? `${self.id} stands at revision ${number(self.view.revision)} and can make increments since revision ${number(self.view.oldestRevision)} or later.` : '');
  }

  /** Asked for once to see whether it is refused, and then handed to the browser, which writes it to a file as it comes. */
  async function download() {
    const asked = new URLSearchParams();
    if (since.value) {
      asked.set('since', since.value);
    }
    if (local.checked) {
      asked.set('consistency', 'local');
    }
    const path = `/v1/snapshot${asked.size > 0 ? `?${asked}` : ''}`;
    const trial = new AbortController();
    take.disabled = true;
    try {
      const answer = await send('GET', path, { signal: trial.signal, patience: 30_000 });
      const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? '';
      trial.abort();
      h('a', { href: path, download: name }).click();
      said.replaceChildren(notice('good', h('strong', {}, name), ' is on its way to the browser’s downloads.'));
    } catch (failure) {
      const { problem } = failure;
      said.replaceChildren(notice('bad', h('p', {}, h('strong', {}, problem?.title ?? 'No answer'), `: ${failure.message}`),
        failure instanceof Refusal && problem.oldestRevision !== undefined && h('p', {}, `The oldest revision that an increment can go on is ${number(problem.oldestRevision)}.`)));
    } finally {
      take.disabled = false;
    }
  }
}
