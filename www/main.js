// @ts-check
import { readAddress } from './app/address.js';
import { App } from './app/app.js';
import { chooseLanguage, I18n, loadLanguage } from './i18n/i18n.js';

const { language } = readAddress(location);
const wanted = chooseLanguage(language, navigator.languages);
const spoken = (await loadLanguage(wanted)) ? wanted : 'en';
new App(new I18n(spoken, navigator.languages, language !== null)).run();
