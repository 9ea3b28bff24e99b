// The page: which view is shown, what is said above it, and the theme.

import * as backups from './backups.js';
import * as changes from './changes.js';
import { confirm } from './dialog.js';
import { command, h, keyed, set, setText } from './dom.js';
import { age, timeOfDay } from './format.js';
import { findings } from './health.js';
import * as members from './members.js';
import * as overview from './overview.js';
import * as row from './row.js';
import * as rows from './rows.js';
import { follow, run, state } from './watch.js';

const OLD_MS = 4000;

const main = document.getElementById('main');
let [leave, shown, isFirst] = [null, '', true];

/** The views, by the first part of the address behind the #. */
const views = {
  overview: () => [overview, 'overview', {}],
  rows: ([table], query) => [rows, 'rows', { table, query }],
  row: ([table, key]) => [row, 'rows', { table, key }],
  new: ([table]) => [row, 'rows', { table, isNew: true }],
  changes: (_, query) => [changes, 'changes', { query }],
  members: () => [members, 'members', {}],
  backups: () => [backups, 'backups', {}],
};

/** A part of the address; one that somebody spoilt stands for itself. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function show() {
  const [path, search = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, ...parts] = path.split('/').map(decoded);
  const view = Object.hasOwn(views, name) ? views[name] : views.overview;
  const [module, tab, options] = view(parts, new URLSearchParams(search));
  leave?.();
  shown = location.hash;
  main.replaceChildren();
  leave = module.mount(main, options);
  document.title = `${module.title} – RaftCluster`;
  document.querySelectorAll('.tabs a').forEach(link => set(link, 'aria-current', link.dataset.view === tab ? 'page' : null));
  if (!isFirst) {
    main.querySelector('h1')?.focus();
  }
  isFirst = false;
  scrollTo(0, 0);
}

addEventListener('hashchange', async () => {
  if (leave?.isDirty?.()) {
    const wanted = location.hash;
    history.replaceState(null, '', shown);
    if (!await confirm('Leave without saving?', ['What you changed in this row is not saved, and is lost when you leave.'], 'Leave', { danger: true })) {
      return;
    }
    history.replaceState(null, '', wanted);
  }
  show();
});

addEventListener('beforeunload', event => {
  if (leave?.isDirty?.()) {
    event.preventDefault();
  }
});

document.getElementById('skip').addEventListener('click', event => {
  event.preventDefault();
  (main.querySelector('h1') ?? main).focus();
});

/** What this page's node is, and how old what is shown is. */
function head(now) {
  const { survey, self, at, failure } = now;
  setText(document.getElementById('cluster-name'), self?.view?.name ?? 'RaftCluster');
  const where = document.getElementById('where');
  const isOld = failure !== null && at !== null && Date.now() - at.getTime() > OLD_MS;
  document.body.classList.toggle('old', isOld || (failure !== null && at === null));
  setText(where, survey === null ? (failure ? `no answer: ${failure}` : 'asking the node')
    : isOld ? `${survey.node} is silent; as of ${timeOfDay(at)}, ${age(Date.now() - at.getTime())} ago`
      : `${survey.node}, ${self?.view?.role ?? 'no member'}${now.leader || !self?.view ? '' : ', no leader'}`);
}

function alarms(now) {
  keyed(document.getElementById('alarms'), findings(now), finding => finding.id, () => h('article', {}, h('strong'), h('span'), h('span')), (child, finding) => {
    child.className = `alarm ${finding.level}`;
    const [what, todo, run_] = child.children;
    setText(what, finding.what);
    setText(todo, ` ${finding.todo} `);
    if (run_.textContent !== (finding.run ?? '')) {
      run_.replaceChildren(...(finding.run ? [command(finding.run)] : []));
    }
  });
}

/** auto (what the system says), light, dark. Kept in this browser, where it lets us. */
const theme = document.getElementById('theme');
const THEMES = ['auto', 'light', 'dark'];
function paint(name) {
  set(document.documentElement, 'data-theme', name === 'auto' ? null : name);
  setText(theme, `Theme: ${name}`);
}
function kept(name) {
  try {
    if (name) {
      localStorage.setItem('theme', name);
    }
    return localStorage.getItem('theme');
  } catch {
    return name; // The browser keeps nothing: the theme is for this page alone.
  }
}
let painted = THEMES.includes(kept()) ? kept() : 'auto';
theme.addEventListener('click', () => {
  painted = THEMES[(THEMES.indexOf(painted) + 1) % THEMES.length];
  kept(painted);
  paint(painted);
});

paint(painted);
follow(head);
follow(alarms);
setInterval(() => head(state), 1000);
show();
run();
