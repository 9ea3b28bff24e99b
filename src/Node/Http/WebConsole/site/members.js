// Who is a member, and what can be done about it. Everything is asked about first, and every refusal is shown as it came.

import { get, NoAnswer, post, Refusal } from './api.js';
import { confirm } from './dialog.js';
import { field, h, notice, set } from './dom.js';
import { age, entries, number } from './format.js';
import { quorum } from './health.js';
import { follow, look, state } from './watch.js';

const COLUMNS = ['Member', 'Role', 'State', 'Behind the leader', 'Last heard', 'HTTP', 'Peer', ''];

export const title = 'Members';

export function mount(root) {
  const said = h('div', { id: 'outcome', 'aria-live': 'polite' });
  const body = h('tbody');
  const duty = h('div', { class: 'buttons' });
  const [id, url, peer] = ['new-id', 'new-url', 'new-peer'].map(name => h('input', { id: name, required: true, autocomplete: 'off', spellcheck: 'false' }));
  set(url, 'placeholder', 'http://127.0.0.1:8004');
  set(peer, 'placeholder', '127.0.0.1:7004');
  const promote = h('select', { id: 'new-promote' },
    [['auto', 'when it has caught up'], ['manual', 'by hand'], ['never', 'never: a read replica']].map(([value, text]) => h('option', { value }, text)));
  root.append(h('h1', { tabindex: -1 }, title), said,
    h('section', { class: 'panel' },
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Members' },
        h('table', { class: 'members' }, h('thead', {}, h('tr', {}, COLUMNS.map(each => h('th', { scope: 'col' }, each || h('span', { class: 'hidden' }, 'Actions'))))), body)), duty),
    h('section', { class: 'panel' }, h('h2', {}, 'Add a member'),
      h('p', { class: 'hint' }, 'A new member begins as a learner: a copy without a vote. Its node is started with --join, before or after this.'),
      h('form', { class: 'controls', onsubmit: event => { event.preventDefault(); add(); } },
        field('Name', id), field('HTTP address', url), field('Peer address', peer), field('Gets a vote', promote),
        h('div', { class: 'buttons' }, h('button', { type: 'submit', class: 'primary' }, 'Add …')))));

  // The leader's list says what it may do with each; the watch says the rest. Rebuilt only when what it shows has changed.
  let [listed, drawn, busy] = [new Map(), '', false];
  const leave = follow(draw);
  const timer = setInterval(list, 3000);
  list();
  return () => {
    leave();
    clearInterval(timer);
  };

  async function list() {
    try {
      const { members } = await get('/v1/members?wait=1s', { patience: 4000 });
      listed = new Map(members.map(member => [member.id, member]));
      draw(state);
    } catch (failure) {
      // Without a leader the watch knows who the members are; the alarms say that there is none.
      if (!(failure instanceof Refusal || failure instanceof NoAnswer)) {
        throw failure;
      }
    }
  }

  function draw({ nodes, leader }) {
    const rows = nodes.map(node => ({ node, told: toldOf(node, listed.get(node.id)), acts: busy ? [] : actsOf(node, leader, listed.get(node.id)) }));
    const shape = JSON.stringify([busy, rows.map(({ node, acts }) => [node.id, acts.map(act => act.name)])]);
    if (shape !== drawn) {
      const held = document.activeElement?.dataset?.act;
      drawn = shape;
      body.replaceChildren(...rows.map(({ node, told, acts }) => h('tr', {}, h('th', { scope: 'row' }, node.id), told.map((_, at) => h('td', { 'data-name': COLUMNS[at + 1] })),
        h('td', { class: 'acts' }, acts.map(act => h('button', { type: 'button', 'data-act': `${act.name} ${node.id}`, class: act.danger ? 'danger' : '', 'aria-label': `${act.label}: ${node.id}`, onclick: () => perform(act) }, `${act.label} …`))))));
      body.querySelector(`[data-act="${CSS.escape(held ?? '')}"]`)?.focus();
      duty.replaceChildren(...(leader ? [h('button', { type: 'button', onclick: () => perform(handOver(leader, null)) }, 'Hand over to the best follower …')] : []));
    }
    rows.forEach(({ node, told }, at) => {
      told.forEach((text, column) => { if (body.rows[at].cells[column + 1].textContent !== text) { body.rows[at].cells[column + 1].textContent = text; } });
      body.rows[at].className = node.state;
    });
  }

  async function add() {
    const member = { id: id.value.trim(), url: url.value.trim(), peer: peer.value.trim(), promote: promote.value };
    await perform({
      title: `Add ${member.id}?`, yes: 'Add the member', done: `${member.id} is a member now, as a learner.`,
      says: [`${member.id} becomes a learner at ${member.url} and ${member.peer}, in an entry of the log that all members agree on.`,
        promote.value === 'auto' ? 'It gets a vote when it has been close behind for a second. From then on it counts for the quorum.' : 'It does not count for the quorum until it is given a vote.'],
      run: `raftctl member add ${member.id} ${member.url} ${member.peer} --promote ${member.promote}`,
      does: () => post('POST', '/v1/members', member),
    });
  }

  async function perform(act) {
    if (!await confirm(act.title, act.says, act.yes, act)) {
      return;
    }
    busy = true;
    draw(state);
    said.replaceChildren(notice('', 'Asked; waiting for the answer.'));
    try {
      const answer = await act.does();
      said.replaceChildren(notice('good', act.saysDone?.(answer) ?? act.done));
    } catch (failure) {
      said.replaceChildren(refusalOf(failure));
    } finally {
      busy = false;
      await look();
      await list();
    }
  }
}

function refusalOf(failure) {
  if (failure instanceof NoAnswer || failure.isUnknown) {
    return notice('warn', h('strong', {}, `${failure.problem?.title ?? 'Nobody knows whether it was done'}: `), `${failure.message}. The list shows what is so.`);
  }
  const { title: name, code, outcome } = failure.problem ?? {};
  return notice('bad', h('p', {}, h('strong', {}, `${name ?? 'Failed'}: `), failure.message),
    h('p', { class: 'muted' }, `${outcome === 'not-applied' ? 'Nothing was changed. ' : ''}${code ? `(${code}, status ${failure.status})` : ''}`));
}

const toldOf = (node, member) => [
  `${node.role}${member && member.promote !== 'auto' && node.role === 'learner' ? `, promoted ${member.promote === 'never' ? 'never' : 'by hand'}` : ''}`,
  `${node.state}${node.view?.drained ? ', drained' : ''}${node.view?.rebuilding ? ', being rebuilt' : ''}`,
  node.isLeader ? 'it leads' : node.link && node.view ? entries(node.link.lag) : '–',
  node.isLeader ? '–' : node.link?.lastContactMs === null ? 'never' : node.link ? `${age(node.link.lastContactMs)} ago` : '–',
  node.url.replace(/^https?:\/\//, ''), node.link?.peer ?? member?.peer ?? '–',
];

function actsOf(node, leader, member) {
  const acts = [];
  const { id } = node;
  if (leader && !node.isLeader && node.role === 'voter' && node.view) {
    acts.push(handOver(leader, node));
  }
  if (!leader && node.view && node.role === 'voter' && node.view.failover === 'manual') {
    acts.push({
      name: 'failover', label: 'Make it lead', title: `Make ${id} the leader?`, yes: 'Let it stand', run: `raftctl failover --to ${id}`,
      says: [`${id} stands for election. It wins only with the votes of a majority, and only if it lacks nothing that a majority has.`],
      does: () => post('POST', '/v1/cluster/failover', { to: id }), done: `${id} leads.`,
    });
  }
  if (node.view?.drained) {
    acts.push({
      name: 'undrain', label: 'End draining', title: `Let ${id} lead again?`, yes: 'End draining', run: `raftctl node undrain ${id}`,
      says: [`${id} may stand for election again. Who leads now goes on leading.`],
      does: () => post('POST', '/v1/cluster/undrain', { node: id }), done: `${id} is no longer drained.`,
    });
  } else if (node.view) {
    acts.push({
      name: 'drain', label: 'Drain', title: `Drain ${id}?`, yes: 'Drain it', run: `raftctl node drain ${id}`,
      says: [node.isLeader ? `${id} leads: it hands over first, and writes wait for milliseconds.` : `${id} does not lead, and will not until draining is ended.`,
        'It goes on keeping its copy and counts for the quorum. Its readiness check fails, so that load balancers send nobody there.'],
      does: () => post('POST', '/v1/cluster/drain', { node: id }), done: `${id} is drained.`,
    });
  }
  return [...acts, ...roleActs(node, member), removal(node)];
}

function handOver(leader, node) {
  return {
    name: 'lead', label: 'Hand over to it', title: node ? `Hand over to ${node.id}?` : 'Hand over to the best follower?', yes: 'Hand over', run: `raftctl leader transfer${node ? ` ${node.id}` : ''}`,
    says: [`${leader.id} stops taking writes, waits until ${node?.id ?? 'the follower that lacks least'} has everything, and lets it be elected.`,
      'Writes wait for some milliseconds meanwhile; none is lost. If it does not work out, the old leader goes on.'],
    does: () => post('POST', '/v1/cluster/leader?wait=10s', node ? { to: node.id } : {}),
    saysDone: answer => `${answer.leader?.id ?? 'Another node'} leads now, in term ${number(answer.term)}.`,
  };
}

function roleActs(node, member) {
  const { id } = node;
  if (node.role === 'learner') {
    return [{
      name: 'promote', label: 'Give it a vote', title: `Give ${id} a vote?`, yes: 'Promote it', run: `raftctl member promote ${id}`,
      says: [`${id} becomes a voter; from then on it counts for the quorum.`, member?.promote === 'never' ? 'It was meant to be a read replica for good.' : 'It is refused while it lacks too much.'],
      does: () => post('PATCH', `/v1/members/${encodeURIComponent(id)}`, { role: 'voter' }), done: `${id} has a vote.`,
    }];
  }
  return [{
    name: 'demote', label: 'Take its vote', title: `Take the vote of ${id}?`, yes: 'Demote it', run: `raftctl member demote ${id}`,
    says: [`${id} keeps its copy and no longer counts: ${afterwards(node)}`], danger: true,
    does: () => post('PATCH', `/v1/members/${encodeURIComponent(id)}`, { role: 'learner' }), done: `${id} is a learner.`,
  }];
}

function removal(node) {
  const { id } = node;
  return {
    name: 'remove', label: 'Remove', title: `Remove ${id} for good?`, yes: 'Remove the member', run: `raftctl member remove ${id}`, danger: true,
    says: [`${id} is no member any more, and its node stops itself. Its data folder stays where it is and can’t be used in this cluster again.`,
      ...(node.isLeader ? [`${id} leads: it hands over first.`] : []), ...(node.role === 'voter' ? [`It no longer counts: ${afterwards(node)}`] : [])],
    does: () => post('DELETE', `/v1/members/${encodeURIComponent(id)}`), done: `${id} is removed.`,
  };
}

/** What is left of the quorum when a voter is not one any more. */
function afterwards(node) {
  const rest = quorum(state.nodes.map(each => (each.id === node.id ? { ...each, role: 'learner' } : each)));
  return `then ${rest.up} of ${rest.voters} voters work and ${rest.needed} are needed, so ${rest.spare > 0 ? `${rest.spare} more can fail.` : rest.spare === 0 ? 'no more can fail.' : 'nothing could be written; it will be refused.'}`;
}
