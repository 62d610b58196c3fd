/* The codes that people type to come in: unique among those in use, drawn at random, never in sequence.
 *
 * A code is a text of decimal digits; "0012" and "12" are two codes. Whoever has one owns it from
 * codes_draw() or codes_claim() until codes_release(); the table keeps an owner pointer for it and gives it
 * back by codes_find(), in constant time.
 *
 * Rest: a released code is not drawn again for CODES_REST_US. It still stands in chats, calendars, browser
 * tabs and on notes; were it given to somebody else at once, those who come late would walk into a stranger's
 * session instead of hearing that theirs is over. Resting codes never take more than a quarter of all
 * codes, nor 250,000: beyond that the one that has rested longest is let go early, so that nobody can use the
 * codes up by booking and cancelling in a circle.
 *
 * Exhaustion: codes_draw() refuses while half of all codes are in use. Up to there each draw is uniform over
 * the codes that neither are in use nor rest, at least a quarter of all, and finds one in 4 tries on average
 * at worst. Half is the limit of what works, not of what is wise: the share in use is also the chance that a
 * mistyped code is somebody else's, and the guard against guessing (guard.h) holds its promise up to a share
 * of 1 in 200. codes_are_dense() says when that is passed, for a warning to the operator: `code_digits` wants
 * to be larger.
 *
 * Pure: the time is passed in; randomness is OpenSSL's (common/random.h). One thread at a time.
 */
#pragma once
#include <glib.h>

#define CODES_DIGITS_MIN 4
#define CODES_DIGITS_MAX 9
#define CODES_REST_US G_TIME_SPAN_DAY

typedef struct Codes Codes;

/* No codes in use yet; those to be drawn have @digits (4..9) digits. (transfer full) */
Codes *codes_new(guint digits);
void codes_free(Codes *codes); /* NULL is allowed; owners are not touched */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Codes, codes_free)

/* A fresh code for @owner, which must not be NULL and is kept as it is (transfer full). NULL: too many are in
 * use, CODES_EXHAUSTED on the wire. */
char *codes_draw(Codes *codes, gpointer owner, gint64 now_us);

/* How many more codes bookings may be given: a fifth of those that can be in use is kept for sessions that
 * start at once, which booking can never use up. */
guint codes_left_for_bookings(const Codes *codes);

/* Takes @code, read from the store at start, for @owner, resting or not. It may have any number of digits
 * from 4 to 9: the setting may have changed since it was drawn. FALSE when it is in use already or no code.
 */
gboolean codes_claim(Codes *codes, const char *code, gpointer owner);

/* The owner of @code; NULL when nobody has it, or when it is no code at all. */
gpointer codes_find(const Codes *codes, const char *code);

/* Ends the use of @code and lets it rest from @now_us on. Releasing one that is not in use does nothing. */
void codes_release(Codes *codes, const char *code, gint64 now_us);

/* No code rests any more: those that still should are to be claimed and released again. */
void codes_forget_rests(Codes *codes);

/* How many codes are in use. */
guint codes_live(const Codes *codes);
/* How many rest. */
guint codes_resting(const Codes *codes);

/* The chance, 0 to 1, that a code drawn blindly among those as long as @code is in use: what a guess is
 * worth. */
double codes_chance(const Codes *codes, const char *code);

/* Whether more than 1 in 200 of the codes with the present number of digits are in use. */
gboolean codes_are_dense(const Codes *codes);
