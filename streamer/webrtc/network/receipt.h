/* What a player's RTCP says of what has come to it: a report has a block for each source that was heard
 * (RFC 3550 section 6.4), and feedback of the transport (RFC 4585 section 6.2) is about packets of which some
 * came. Requests for a picture (its section 6.3) may be made before anything has. Any thread.
 */
#pragma once
#include <gst/gst.h>

/* Whether @rtcp, one compound or reduced-size packet (RFC 5506), says that something of the source @ssrc has
 * come. What is malformed says nothing. */
gboolean receipt_says_received(GstBuffer *rtcp, guint32 ssrc);
