// @ts-check
/** One text of one language: its form by number, and what is put in. */

/**
 * @typedef {string | { zero?: string, one?: string, two?: string, few?: string, many?: string, other: string }} Text a text, or its forms by the number `count`
 * @typedef {Record<string, string | number>} Params
 */

/**
 * @param {Text} text
 * @param {string} language that it is written in
 * @param {Params} params put in for `{name}`; `count` also picks the plural form
 * @returns {string}
 */
export function fillText(text, language, params) {
  const form = typeof text === 'string' ? text : pluralForm(text, language, Number(params.count));
  return form.replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
}

/** @param {Exclude<Text, string>} forms @param {string} language @param {number} count */
function pluralForm(forms, language, count) {
  const form = new Intl.PluralRules(language).select(Number.isFinite(count) ? count : 0);
  return forms[/** @type {keyof typeof forms} */ (form)] ?? forms.other;
}
