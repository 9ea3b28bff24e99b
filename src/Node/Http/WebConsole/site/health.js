// What is wrong with the cluster, what to do, and the command for it. The same things that `raftctl doctor` looks at.

import { bytes, entries, number } from './format.js';

/** So many entries take about a second to catch up. */
const BEHIND = 10_000;

/** Three signs of life a second are usual. */
const SILENT_MS = 3000;

/** How many voters there are, how many work, and how many are needed. */
export function quorum(nodes) {
  const voters = nodes.filter(node => node.role === 'voter');
  const up = voters.filter(node => node.view && !node.view.rebuilding).length;
  const needed = Math.floor(voters.length / 2) + 1;
  return { voters: voters.length, up, needed, spare: up - needed };
}

/** The findings, the worst first: level ('critical', 'warning'), what is so, what to do, and a command or null. */
export function findings(state) {
  const found = [];
  const add = (level, id, what, todo, run = null) => found.push({ level, id, what, todo, run });
  if (state.failure && !state.survey) {
    add('critical', 'away', 'This page’s node does not answer.', 'See whether its process runs; every other node has this console too.', 'raftctl status');
  } else if (state.failure) {
    add('critical', 'away', `${state.survey.node}, which this page asks, does not answer any more. What is shown is old.`,
      'See whether its process runs; every other node has this console too.', 'raftctl status');
  }
  const { nodes, leader } = state;
  if (nodes.length > 0) {
    majority(add, nodes, leader, state.survey.node);
    copies(add, nodes);
    nodes.forEach(node => (node.view ? working(add, node, leader) : away(add, node)));
  }
  const order = ['critical', 'warning'];
  return found.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

function majority(add, nodes, leader, asked) {
  const { voters, up, needed, spare } = quorum(nodes);
  if (spare < 0) {
    add('critical', 'quorum', `The quorum is lost: ${up} of ${voters} voters answer ${asked}, ${needed} are needed. Nothing can be written, and no read is confirmed as fresh.`,
      'Start the nodes that are away. Nothing is lost by waiting.', 'raftctl doctor');
  } else if (spare === 0 && voters > 2) {
    add('warning', 'quorum', `The quorum is at risk: ${up} of ${voters} voters answer, ${needed} are needed. One more failure stops all writes.`,
      'Bring back the nodes that are away before any maintenance.', 'raftctl doctor');
  }
  if (!leader) {
    const manual = nodes.some(node => node.view?.failover === 'manual');
    add('critical', 'leader', 'No leader: writes and fresh reads wait.', spare < 0
      ? 'A majority must be up and reach each other before anybody can lead.'
      : manual ? 'With --failover manual somebody has to say who is to lead.' : 'An election takes about a second. If this stays, the nodes do not reach each other at their peer addresses.',
    manual && spare >= 0 ? `raftctl failover --to ${nodes.find(node => node.view)?.id}` : 'raftctl status');
  }
}

/** Two copies that went through the same history and are not the same: the one thing that must never be. */
function copies(add, nodes) {
  const hashes = new Map();
  for (const { id, view } of nodes.filter(node => node.view)) {
    const other = hashes.get(view.revision);
    if (other && other.hash !== view.stateHash && other.epoch === view.epoch) {
      add('critical', 'hash', `Damage: ${other.id} and ${id} hold different rows at revision ${number(view.revision)}.`,
        'Stop writing, keep all data folders, and rebuild the node that differs from the others with --rebuild.', 'raftctl doctor');
    }
    hashes.set(view.revision, { id, hash: view.stateHash, epoch: view.epoch });
  }
}

function away(add, node) {
  add('warning', `away-${node.id}`, `${node.id} does not answer: ${node.failure}`,
    'See whether its process runs and what its log says. Started again on its data, it catches up.', 'raftctl doctor');
}

function working(add, node, leader) {
  const { id, view, link } = node;
  if (view.rebuilding) {
    add('warning', `rebuilding-${id}`, `Damage: ${id} lost what it had on its disk and is being rebuilt from the others: ${view.rebuilding}`,
      'Wait until it is done; it gives no vote until then. Then look at the disk.', `raftctl log verify --data ${view.disk?.folder ?? '<folder>'}`);
  }
  if (view.disk?.low) {
    add(node === leader ? 'critical' : 'warning', `disk-${id}`,
      `Full disk: ${id} has ${bytes(view.disk.free)} left for ${view.disk.folder}, less than its reserve and what rewriting needs.`,
      node === leader ? 'Writes that grow are refused. Drop history, delete rows, or give the disk more room.' : 'Drop history, delete rows, or give the disk more room, before it leads.',
      'raftctl compact');
  } else if (view.disk && view.disk.free < 2 * (view.disk.reserve + view.disk.working)) {
    add('warning', `disk-${id}`, `The disk of ${id} fills up: ${bytes(view.disk.free)} are left, and below ${bytes(view.disk.reserve + view.disk.working)} writes are refused.`,
      'See what takes the room.', 'raftctl status --disk');
  }
  if (link && !node.isLeader && link.lag > BEHIND) {
    add('warning', `lag-${id}`, `${id} is behind: it lacks ${entries(link.lag)}.`,
      link.snapshot ? 'It is being sent a snapshot; wait.' : 'If it does not become less, its disk or the network is too slow for what is written.', 'raftctl status');
  }
  if (link && !node.isLeader && link.lastContactMs > SILENT_MS) {
    add('warning', `silent-${id}`, `${id} answers here, but has been silent to the leader, ${leader.id}.`,
      `See its peer address, ${link.peer}, and what is in between.`, 'raftctl doctor');
  }
  if (leader && !node.isLeader && view.leader && view.leader.id !== leader.id) {
    add('warning', `knows-${id}`, `${id} does not know ${leader.id} as the leader, but ${view.leader.id}.`,
      'When that stays so, the leader can’t reach it: see its peer address.', 'raftctl doctor');
  }
  if (view.drained) {
    add('warning', `drained-${id}`, `${id} is drained: it leaves leading to the others.`, 'Right during maintenance; end it when that is over.', `raftctl node undrain ${id}`);
  }
  if (view.backup?.error) {
    add('warning', `backup-${id}`, `${id} could not make its backup: ${view.backup.error}`, 'It tries again every minute; see the folder.', 'raftctl status');
  }
}
