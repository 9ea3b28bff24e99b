// Elements out of names, attributes and text. There is no way here from a string to markup: what users wrote stays text.

const SVG = 'http://www.w3.org/2000/svg';

/** An HTML element. An attribute that begins with "on" is a listener; null and false leave one out. Strings become text. */
export const h = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);

/** An SVG element, by the same rules. */
export const svg = (name, attributes, ...children) => fill(document.createElementNS(SVG, name), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (name === 'value') {
      element.value = value;
    } else {
      set(element, name, value);
    }
  }
  element.append(...children.flat(2).filter(child => child !== null && child !== undefined && child !== false));
  return element;
}

/** Sets an attribute when it differs; null and false remove it. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) {
      element.setAttribute(name, text);
    }
  }
}

/** Sets an element's text when it differs, so that nothing is announced or redrawn for nothing. */
export function setText(element, text) {
  if (element.textContent !== text) {
    element.textContent = text;
  }
}

/**
 * Makes the children of an element stand for a list, by key. Those that stay are kept, with their focus.
 * @param create makes a child for an item
 * @param update brings a child up to its item
 */
export function keyed(parent, items, keyOf, create, update) {
  const have = new Map([...parent.children].filter(child => child.dataset.key !== undefined).map(child => [child.dataset.key, child]));
  let before = null;
  for (const item of items) {
    const key = String(keyOf(item));
    let child = have.get(key);
    have.delete(key);
    if (!child) {
      child = create(item);
      child.dataset.key = key;
    }
    update?.(child, item);
    const place = before ? before.nextSibling : parent.firstChild;
    if (child !== place) {
      parent.insertBefore(child, place);
    }
    before = child;
  }
  have.forEach(child => child.remove());
}

/** A field with its label. */
export function field(label, input, hint) {
  input.id ||= `f-${label.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  const said = hint ? h('span', { class: 'hint', id: `${input.id}-hint` }, hint) : null;
  if (said) {
    input.setAttribute('aria-describedby', said.id);
  }
  return h('div', { class: 'field' }, h('label', { for: input.id }, label), input, said);
}

/** A command to copy into a shell. */
export const command = text => h('code', { class: 'command' }, text);

/** A sentence that answers what somebody did. */
export const notice = (level, ...children) => h('div', { class: `notice ${level}`, role: level === 'bad' ? 'alert' : 'status' }, ...children);
