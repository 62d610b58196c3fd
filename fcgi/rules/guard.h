/* The guard against guessing codes: decides whether a client may be told that a code is right or wrong.
 *
 * The promise. With default settings, whoever guesses at codes for a day finds one with a chance below 1 in
 * 20, with however many addresses, as long as at most 1 in 200 of all codes are in use (50 of 10,000: four
 * digits). In any 24 hours the answers "wrong" are worth at most GUARD_RISK_PER_DAY together:
 *
 *   An answer "wrong" had the chance p = codes in use / all codes to be a find. W of them leave an attacker
 *   empty-handed with (1 - p)^W. So W <= ln(1 - 0.05) / ln(1 - p) keeps the promise, which allows in 24 hours
 *
 *     codes in use        1      5     10     50          an attacker's chance with all of them
 *     four digits       512    102     51     10          50 in use: 1 - 0.995^10   = 4.9 %
 *     five digits     4,096  1,025    512    102
 *     six digits      4,096  4,096  4,096  1,025          50 in use: 1 - 0.99995^1025 = 5.0 %
 *
 *   wrong codes, never more than 4,096 nor fewer than 10. A wrong code is charged as the 1/W-th part of the
 *   day's budget by the p of its moment, so that the sum holds while codes come and go. Above 1 in 200 in
 *   use the 10 still stand, because nobody could mistype any more otherwise, and the promise weakens (at 100
 *   of 10,000 to 9.6 %): codes_are_dense() is the warning, `code_digits` the remedy.
 *
 * The price. Nobody can tell an attacker's first guess from an honest first try, and an answer is a look at
 * the codes whoever gets it. So when the budget is spent, codes of strangers must stay unanswered, right ones
 * too (GUARD_REFUSED), or the promise is void. Who is refused so knocks (knocks.h): the people of the session
 * are asked, if there is one, and a host lets in whom they know. All others wait as long and hear the same,
 * so that no more is learnt than that a host said yes: that is a find, too, but one that a person has to
 * make. An attacker can therefore turn the field for codes into a bell for a day by guessing. What is done so
 * that this hurts least:
 *
 *   - Right codes cost nothing.
 *   - Who knows a session's code already is let in by it always, whatever is spent: an address that typed it
 *     right, booked or started the session (guard_remember()). Answering costs nothing: it tells nothing new.
 *     Whoever shows a ticket, a booking's key, the secret of an invitation or another one has not guessed,
 *     and the guard is not asked.
 *   - Strangers may spend 70 % of the budget. The rest is for addresses that had a right code within a day:
 *     the regular's slip of the finger is answered while strangers guess.
 *   - An address (IPv4) or /64 (IPv6) has at most 10 wrong codes at once, or 30 % of the budget if that is
 *     less, but always 3: two slips and the right code. It gets back 30 % of the budget in a day. When half
 *     of the budget is spent, everybody has 3.
 *   - Neighbours (IPv4 /24, IPv6 /48) have at most 30 at once, or 40 %, but always 4, and get back 25 % in a
 *     day: at most 65 % in any 24 hours, so that no single network can shut the field.
 *
 * What an attacker can do: with two networks at four digits and 50 codes in use (at six digits 24, or three
 * patient ones) make strangers knock, for as long as they keep at it; with a code of their own, use the
 * reserve up too; ring at sessions whose codes they happen to type, which with 1,000 addresses in 250
 * networks is some knock in two minutes at each of 50, and takes nobody's turn (test_knocking_attack.c). What
 * they cannot: look at more codes than stands above, keep out who knows the code already or has a ticket or
 * link with a secret, learn anything from a refusal (it comes before the code is looked at) or from how long
 * a knock takes, or use up memory: the tables have a fixed size (about 300 KB), are indexed by a keyed hash,
 * and a refused client leaves no trace in them. An entry pushed out of them loses what its client owed, not
 * what is spent in all.
 *
 * Four digits keep the promise, then, but are easily made to knock: a site that expects attackers wants
 * `code_digits` 6, for 100 times the room.
 *
 * Every verb whose answer tells a live code from a dead one has to ask the guard, CANCEL_SESSION with a wrong
 * key among them: there nobody can be asked, and GUARD_REFUSED is TOO_MANY_ATTEMPTS, as it is where a process
 * lives for one code alone. The budget is one process's, unless it is in a file: a restart begins a new one,
 * and n coordinators on one store each take guard_new(GUARD_RISK_PER_DAY / n) (the setting "coordinators").
 *
 * Pure: the time is passed in, in microseconds of any clock; when that goes back, nothing is older than it
 * was before. One thread at a time.
 */
#pragma once
#include <glib.h>

#define GUARD_RISK_PER_DAY 0.05

typedef struct Guard Guard;

typedef enum {
  GUARD_RIGHT,
  GUARD_WRONG,
  GUARD_REFUSED, /* say nothing about the code */
} GuardAnswer;

/* A guard with nothing spent. @risk_per_day: the chance, above 0 and below 1, that a day's guessing may have.
 * (transfer full) */
Guard *guard_new(double risk_per_day);
/* The same with its memory in the file @path, made (mode 0600) when missing or of another form, for processes
 * that live for one code each: what is spent outlives them. Waits for another process that has it open. NULL
 * with an error of G_FILE_ERROR. (transfer full) */
Guard *guard_open(const char *path, double risk_per_day, GError **error);
void guard_free(Guard *guard); /* NULL is allowed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Guard, guard_free)

/* @client, an IP address as text, typed a code. @session is the id of the session or booking that the code
 * belongs to, NULL when there is none; @chance, 0 to 1, the share of codes in use (codes_chance()).
 *
 * GUARD_RIGHT (remembered) and GUARD_WRONG (charged) may be told; with GUARD_REFUSED, @retry_after_seconds
 * (at least 1) is when it is worth trying again, if nobody else spends what comes free until then. Addresses
 * that cannot be read count as one client. */
GuardAnswer guard_try(Guard *guard, const char *client, const char *session, double chance, gint64 now_us,
                      guint *retry_after_seconds);

/* @client was told the code of @session: it booked or started it. For a day, that code costs it nothing, and
 * it may draw on the reserve. */
void guard_remember(Guard *guard, const char *client, const char *session, gint64 now_us);

/* The share of the day's budget that is spent, 0 to 1; strangers are refused from 0.7 on. For metrics and a
 * warning to the operator. */
double guard_spent(Guard *guard, gint64 now_us);
