// @ts-check
import { readAddress } from './app/address.js';
import { App } from './app/app.js';
import { chooseLanguage, I18n } from './i18n/i18n.js';

const { language } = readAddress(location);
const app = new App(new I18n(chooseLanguage(language, navigator.languages)));
app.run();
