/* Bounds what a viewer's lost packets cost. Without a bound, retransmission into a link that is too narrow
 * makes it narrower still: a viewer asks for more and more, and gets less and less.
 */
#pragma once
#include <gst/gst.h>

/* Lets @rtprtxsend (webrtcbin's element for RFC 4588) repeat at most a tenth of @bitrate_kbps, and nothing
 * older than a player would still show. The bound lives and dies with the element. */
void retransmission_bound(GstElement *rtprtxsend, gint64 bitrate_kbps);
