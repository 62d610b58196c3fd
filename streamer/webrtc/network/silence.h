/* How long a player has not answered what is sent to it. Players that have agreed on transport-wide
 * congestion control report what came at least every 250 ms while anything comes, so that one which says
 * nothing of a packet for a second is not there: its network is gone, or it is. Without packets there is
 * nothing to hear; whoever wants to know has one sent. Any thread.
 */
#pragma once
#include <glib.h>

typedef struct Silence Silence;

/* (transfer full), and so is silence_ref()'s. */
Silence *silence_new(void);
Silence *silence_ref(Silence *silence);
void silence_unref(Silence *silence);

/* At @now_us (monotonic) something went out, or something was heard. */
void silence_note_sent(Silence *silence, gint64 now_us);
void silence_note_heard(Silence *silence, gint64 now_us);

/* How long nothing was heard; at first since silence_new(). */
gint64 silence_unheard_us(const Silence *silence, gint64 now_us);

/* How long the first thing that went out since something was heard has not been answered; 0: there is none.
 */
gint64 silence_unanswered_us(const Silence *silence, gint64 now_us);
