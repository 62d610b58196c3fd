/* Bounds what a player's lost packets cost. Without a bound, retransmission into a link that is too narrow
 * makes it narrower still: a player asks for more and more, and gets less and less.
 */
#pragma once
#include "streamer/webrtc/network/path.h"
#include "streamer/webrtc/picture/feed.h"

/* Lets @rtprtxsend (webrtcbin's element for RFC 4588) repeat what @path allows, and nothing older than a
 * player would still show; tells @feed of what is not repeated. The bound lives and dies with the element. */
void retransmission_bound(GstElement *rtprtxsend, Path *path, Feed *feed);
