// The first view: who leads, who is down, how much goes on.

import { Chart } from './chart.js';
import { h, keyed, setText } from './dom.js';
import { age, bytes, duration, entries, number, rate } from './format.js';
import { quorum } from './health.js';
import { Topology } from './topology.js';
import { follow } from './watch.js';

const SPANS = [['1', '1 minute'], ['5', '5 minutes'], ['15', '15 minutes']];
const COLUMNS = ['Node', 'Role', 'Term', 'Applied entry', 'Behind the leader', 'Disk free', 'Log sync, 99 %', 'Up for', 'Version'];

export const title = 'Overview';

export function mount(root) {
  const topology = new Topology();
  const sentence = h('p', { class: 'lead' });
  const tiles = h('dl', { class: 'tiles' });
  const body = h('tbody');
  const throughput = new Chart({
    title: 'Throughput', hint: 'requests for rows that clients sent, all nodes together', format: rate,
    series: [{ name: 'writes', of: sample => sample.writes }, { name: 'reads', of: sample => sample.reads }, { name: 'failed', of: sample => sample.failed }],
  });
  const latency = new Chart({
    title: 'Latency', hint: 'of the slowest node, over its last 1,024 requests', format: duration,
    series: [
      { name: 'writes, 99 %', of: sample => sample.writesP99 }, { name: 'writes, median', of: sample => sample.writesP50 },
      { name: 'reads, 99 %', of: sample => sample.readsP99 }, { name: 'log sync, 99 %', of: sample => sample.syncsP99 },
    ],
  });
  const lag = new Chart({
    title: 'Behind the leader', hint: 'log entries, the node that lacks most', format: value => (value === null ? '–' : entries(Math.round(value))),
    series: [{ name: 'lag', of: sample => Object.values(sample.lag).reduce((most, each) => (each === null ? most : Math.max(most ?? 0, each)), null) }],
  });
  const span = h('select', { id: 'span', onchange: () => draw(latest) }, SPANS.map(([value, text]) => h('option', { value }, text)));
  span.value = '1';
  let latest = null;
  root.append(
    h('h1', { tabindex: -1 }, title),
    sentence, tiles,
    h('section', { class: 'panel', 'aria-label': 'The cluster as a picture' }, topology.element),
    h('section', { class: 'panel' }, h('h2', {}, 'Nodes'),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Nodes' },
        h('table', {}, h('thead', {}, h('tr', {}, COLUMNS.map(each => h('th', { scope: 'col' }, each)))), body))),
    h('div', { class: 'row-of-heads' }, h('h2', {}, 'Over time'), h('label', { class: 'inline', for: 'span' }, 'Last ', span)),
    h('div', { class: 'charts' }, throughput.element, latency.element, lag.element));
  const draw = state => {
    latest = state;
    setText(sentence, sentenceOf(state));
    keyed(tiles, tilesOf(state), tile => tile.name, tile => h('div', {}, h('dt', {}, tile.name), h('dd', {})),
      (child, tile) => setText(child.lastElementChild, tile.value));
    topology.show(state);
    keyed(body, state.nodes, node => node.id, makeRow, showRow);
    [throughput, latency, lag].forEach(chart => chart.show(state.samples, Number(span.value) * 60_000));
  };
  const leave = follow(draw);
  return () => {
    leave();
    [topology, throughput, latency, lag].forEach(each => each.end());
  };
}

function sentenceOf({ nodes, leader, self, failure }) {
  if (nodes.length === 0) {
    return failure ? `Nothing is known: ${failure}.` : 'Asking the node.';
  }
  const { voters, up, spare } = quorum(nodes);
  const who = leader ? `${leader.id} leads in term ${number(leader.view.term)}.` : 'Nobody leads.';
  const rest = spare > 0 ? ` ${spare} more can fail.` : spare === 0 ? (voters > 1 ? ' No more can fail.' : '') : ' That is no majority.';
  return `${who} ${up} of ${voters} ${voters === 1 ? 'voter works' : 'voters work'}.${rest}${self?.view ? '' : ' This page’s node says nothing of itself.'}`;
}

function tilesOf({ leader, self, samples }) {
  const view = (leader ?? self)?.view;
  const newest = samples.at(-1);
  return [
    { name: 'Revision', value: number(view?.revision) },
    { name: 'Committed entry', value: number(view?.commitIndex) },
    { name: 'Writes', value: rate(newest?.writes) },
    { name: 'Reads', value: rate(newest?.reads) },
    { name: 'Rows on disk', value: bytes(view?.disk?.rows) },
    { name: 'History from revision', value: number(view?.oldestRevision) },
  ];
}

function makeRow(node) {
  return h('tr', {}, h('th', { scope: 'row' }, node.id), COLUMNS.slice(1).map(() => h('td')));
}

function showRow(row, node) {
  row.className = node.state;
  const { view, link } = node;
  const told = [
    node.state + (view?.drained ? ', drained' : '') + (view?.rebuilding ? ', being rebuilt' : ''),
    number(view?.term), number(view?.appliedIndex),
    node.isLeader ? 'it leads' : link && view ? entries(link.lag) : '–',
    view?.disk ? bytes(view.disk.free) : '–',
    duration(view?.load?.syncs?.p99Ms),
    view ? age(Date.now() - new Date(view.started).getTime()) : '–',
    view?.version ?? '–',
  ];
  told.forEach((text, at) => setText(row.children[at + 1], text));
}
