/* What the keys do, as it is shown over the picture. */
#pragma once

/*
 * @language: (nullable) a tag of BCP 47, in any case; the visitor's.
 *
 * Returns: (transfer none) lines that font_paint() has letters for; in English where the language is none of
 * ours.
 */
const char *help_text(const char *language);
