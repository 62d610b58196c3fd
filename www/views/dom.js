// @ts-check
/** The few words of DOM that every view uses. */

const SVG = 'http://www.w3.org/2000/svg';

/**
 * @template {Element} T
 * @param {string} selector of an element that the page surely has
 * @param {new () => T} type
 * @param {ParentNode} [root]
 * @returns {T}
 */
export function find(selector, type, root = document) {
  const element = root.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`the page lacks ${selector}`);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function create(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @param {import('./rc-drawing.js').Shape} shape
 * @returns {SVGElement}
 */
export function createSvg({ tag, attributes, children = [] }) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children.map(createSvg));
  return element;
}

/** @param {Element} element @param {string} text untouched when it says so already, so that nothing is announced twice */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
