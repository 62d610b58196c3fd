// @ts-check
/** Russian: how the picture comes here. */

/** @type {Record<string, import('./text.js').Text>} */
export const ru = {
  'stats.tool': 'Сведения о связи ({key})',
  'stats.title': 'Сведения о связи',
  'stats.weak': 'Слабая сеть',
  'stats.roundTrip': 'Задержка сети',
  'stats.frames': 'Кадров в секунду',
  'stats.size': 'Изображение',
  'stats.rate': 'Скорость',
  'stats.loss': 'Потеряно пакетов',
  'stats.buffer': 'Буфер',
  'stats.freezes': 'Зависаний',
  'stats.ms': '{number} мс',
  'stats.mbit': '{number} Мбит/с',
  'stats.percent': '{number} %',
  'stats.codec': 'Кодек',
  'stats.path': 'Путь',
};
