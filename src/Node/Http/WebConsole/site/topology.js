// The cluster as a picture: a card for each node, at a place that stays its own, and lines from the leader.

import { h, keyed, set, setText, svg } from './dom.js';
import { age, duration, entries, number, short } from './format.js';

const SILENT_MS = 3000;

/** So many entries are on their way at any moment while much is written. */
const JITTER = 100;
const WORDS = { leader: 'leader', follower: 'follower', candidate: 'candidate', learner: 'learner', unreachable: 'unreachable' };

/** Draws what the watch says. */
export class Topology {
  #links = svg('g', { class: 'links' });
  #nodes = svg('g', { class: 'nodes' });
  #svg = svg('svg', { class: 'topology', role: 'group' }, this.#links, this.#nodes);
  #state = null;
  #watcher;

  constructor() {
    this.element = h('div', { class: 'picture' }, this.#svg);
    this.#watcher = new ResizeObserver(() => this.#draw());
    this.#watcher.observe(this.element);
  }

  show(state) {
    this.#state = state;
    this.#draw();
  }

  end() {
    this.#watcher.disconnect();
  }

  #draw() {
    const nodes = this.#state?.nodes ?? [];
    if (nodes.length === 0) {
      return;
    }
    const { leader, samples } = this.#state;
    const plan = places(nodes, this.element.clientWidth || 640);
    set(this.#svg, 'viewBox', `0 0 ${plan.width} ${plan.height}`);
    set(this.#svg, 'height', plan.height);
    set(this.#svg, 'aria-label', `Cluster of ${nodes.length}: ${nodes.map(node => `${node.id} ${WORDS[node.state]}`).join(', ')}`);
    const links = leader ? nodes.filter(node => node !== leader).map(node => ({ node, to: plan.at.get(node.id), from: plan.at.get(leader.id) })) : [];
    const isBusy = (samples.at(-1)?.writes ?? 0) > 0;
    keyed(this.#links, links, link => `${leader.id}-${link.node.id}`, makeLink, (child, link) => showLink(child, link, isBusy));
    keyed(this.#nodes, nodes, node => node.id, makeNode, (child, node) => showNode(child, node, plan));
  }
}

/** Where the cards stand: on an ellipse, the first one on top, or side by side when there are two. */
function places(nodes, width) {
  const narrow = width < 480;
  const card = { width: narrow ? (nodes.length > 5 ? 100 : 122) : 164, height: 82 };
  const height = nodes.length === 1 ? 130 : nodes.length === 2 ? (narrow ? 260 : 150) : nodes.length < 5 ? 290 : 400;
  const [rx, ry] = [Math.min(300, (width - card.width) / 2 - 6), (height - card.height) / 2 - 6];
  const begin = nodes.length === 2 && !narrow ? Math.PI : -Math.PI / 2;
  const at = new Map(nodes.map((node, index) => {
    const angle = begin + index * 2 * Math.PI / nodes.length;
    return [node.id, nodes.length === 1
      ? { x: width / 2, y: height / 2 }
      : { x: width / 2 + rx * Math.cos(angle), y: height / 2 + ry * Math.sin(angle) }];
  }));
  // Three on an ellipse would leave its lower part empty.
  if (nodes.length === 3) {
    nodes.slice(1).forEach(node => { at.get(node.id).y = height - card.height / 2 - 6; });
  }
  return { width, height, card, at };
}

function makeLink() {
  return svg('g', { class: 'link' }, svg('line', {}), svg('text', { 'text-anchor': 'middle' }));
}

function showLink(child, { node, from, to }, isBusy) {
  const [line, label] = child.children;
  const { link } = node;
  const isSilent = !node.view || link?.lastContactMs === null || link?.lastContactMs > SILENT_MS;
  Object.entries({ x1: from.x, y1: from.y, x2: to.x, y2: to.y }).forEach(([name, value]) => set(line, name, value.toFixed(1)));
  set(child, 'class', `link ${isSilent ? 'silent' : link?.lag > JITTER ? 'behind' : 'level'} ${isBusy && !isSilent ? 'busy' : ''}`);
  set(label, 'x', ((from.x + to.x) / 2).toFixed(1));
  set(label, 'y', ((from.y + to.y) / 2 + 4).toFixed(1));
  const sent = link?.snapshot ? `snapshot ${Math.floor(100 * link.snapshot.bytes / Math.max(1, link.snapshot.totalBytes))} %` : null;
  setText(label, sent
    ?? (isSilent ? (link?.lastContactMs > SILENT_MS ? `silent for ${age(link.lastContactMs)}` : 'no answer') : link ? `lag ${entries(link.lag)}` : ''));
}

function makeNode(node) {
  const group = svg('g', {}, svg('title', {}), svg('rect', { rx: 10 }), svg('circle', { r: 5 }),
    svg('text', { class: 'name' }), svg('text', { class: 'role' }), svg('text', { class: 'figures' }), svg('text', { class: 'figures' }));
  const link = svg('a', {}, group);
  if (/^https?:\/\//.test(node.url)) {
    set(link, 'href', node.isSelf ? '#/overview' : `${node.url}/ui`);
  }
  return link;
}

function showNode(link, node, { card, at }) {
  const group = link.firstElementChild;
  const [title, rect, dot, name, role, first, second] = group.children;
  const { x, y } = at.get(node.id);
  const [left, top] = [x - card.width / 2, y - card.height / 2];
  set(group, 'class', `node ${node.state} ${node.isSelf ? 'self' : ''}`);
  set(group, 'transform', `translate(${left.toFixed(1)} ${top.toFixed(1)})`);
  set(rect, 'width', card.width);
  set(rect, 'height', card.height);
  set(dot, 'cx', 16);
  set(dot, 'cy', 19);
  for (const [text, row] of [[name, 24], [role, 42], [first, 57], [second, 72]]) {
    set(text, 'x', text === name ? 28 : 12);
    set(text, 'y', row);
  }
  const fits = Math.floor((card.width - 24) / 6.4);
  setText(name, short(node.id, fits - 3));
  setText(role, short(`${WORDS[node.state]}${node.isSelf ? ', here' : ''}`, fits));
  const { view } = node;
  setText(first, short(view ? `term ${number(view.term)}` : 'does not answer', fits));
  setText(second, short(view ? `applied ${number(view.appliedIndex)}` : '', fits));
  const said = view
    ? `${node.id}: ${WORDS[node.state]}, term ${number(view.term)}, applied entry ${number(view.appliedIndex)}, answered in ${duration(node.tookMs)}`
    : `${node.id}: unreachable, ${node.failure}`;
  setText(title, node.isSelf ? said : `${said}. Opens its own console.`);
}
