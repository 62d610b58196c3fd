#include "streamer/showroom/program/help.h"

#include <string.h>
#include <strings.h>

/* The first is what others get. */
static const struct {
  const char *language, *text;
} rows[] = {
    {"en", "W A S D, ARROWS:  WALK AND TURN\n"
           "SHIFT OR SPACE:   RUN\n"
           "DRAG:             LOOK AROUND\n"
           "WHEEL:            GO ON, GO BACK\n"
           "DOUBLE-CLICK:     GO THERE\n"
           "N:                DAY / NIGHT\n"
           "G:                GRAB THE POINTER\n"
           "H:                THIS HELP"},
    {"ru", "W A S D, СТРЕЛКИ: ИДТИ, ПОВЕРНУТЬ\n"
           "SHIFT, ПРОБЕЛ:    БЫСТРЕЕ\n"
           "ТЯНУТЬ МЫШЬЮ:     ОСМОТР\n"
           "КОЛЕСО:           ВПЕРЁД, НАЗАД\n"
           "ДВОЙНОЙ ЩЕЛЧОК:   ПРОЙТИ ТУДА\n"
           "N:                ДЕНЬ / НОЧЬ\n"
           "G:                ЗАХВАТИТЬ МЫШЬ\n"
           "H:                ЭТА СПРАВКА"},
    {"de", "W A S D, PFEILE:  GEHEN, DREHEN\n"
           "UMSCHALT, LEER:   SCHNELLER\n"
           "ZIEHEN:           UMSEHEN\n"
           "MAUSRAD:          VOR, ZURÜCK\n"
           "DOPPELKLICK:      DORTHIN GEHEN\n"
           "N:                TAG / NACHT\n"
           "G:                MAUS FESTHALTEN\n"
           "H:                DIESE HILFE"},
};

const char *help_text(const char *language) {
  size_t length = language == NULL ? 0 : strcspn(language, "-");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (strlen(rows[i].language) == length && strncasecmp(rows[i].language, language, length) == 0)
      return rows[i].text;
  return rows[0].text;
}
