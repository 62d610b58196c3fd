#!/usr/bin/python3
"""Sees the picture of a session: player.py SITE <answer to START_SESSION. A WHEP player (vitrina-protocol(7), "The picture")."""

import json
import ssl
import sys
import time
import urllib.parse
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

FRAMES = 30
PATIENCE_SECONDS = 60
STAY_SECONDS = 5  # who is silent for "reconnect_grace_seconds" has left
CAPS = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000"
DECODE = "rtpvp8depay name=in ! vp8dec ! videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=out signal-handoffs=true sync=false"


def post(url, body, kind, headers):
    request = urllib.request.Request(url, body.encode(), {"Content-Type": kind, **headers})
    trusting = ssl._create_unverified_context()
    return urllib.request.urlopen(request, timeout=30, context=trusting).read().decode()


class Player:
    def __init__(self, whep, ticket, stay):
        self.whep, self.ticket, self.stay = whep, ticket, stay
        self.frames = self.shades = 0
        self.failure = None
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.peer = Gst.ElementFactory.make("webrtcbin")
        self.peer.set_property("bundle-policy", "max-bundle")
        self.pipeline.add(self.peer)
        self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(CAPS))
        self.peer.connect("pad-added", self.on_pad)
        self.peer.connect("notify::ice-gathering-state", lambda *_: GLib.idle_add(self.look_whether_gathered))

    def see(self):
        self.pipeline.set_state(Gst.State.PLAYING)
        self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.on_offer, None, None))
        GLib.timeout_add_seconds(STAY_SECONDS, self.stay)
        GLib.timeout_add_seconds(PATIENCE_SECONDS, self.end, f"{self.frames} frames in {PATIENCE_SECONDS} s")
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)
        if self.frames >= FRAMES:
            self.failure = None if self.shades > 16 else "the picture is plain"
        return self.failure

    def end(self, failure):
        self.failure = failure
        self.loop.quit()

    def on_offer(self, promise, *_):
        reply = promise.get_reply()  # which owns the offer
        self.peer.emit("set-local-description", reply.get_value("offer"), Gst.Promise.new())

    def look_whether_gathered(self):
        if self.peer.get_property("ice-gathering-state") != GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            return
        offer = self.peer.get_property("local-description")
        try:
            answer = post(self.whep, offer.sdp.as_text(), "application/sdp", {"Authorization": f"Bearer {self.ticket}"})
        except OSError as failure:
            self.end(str(failure))
            return
        _, sdp = GstSdp.SDPMessage.new_from_text(answer)
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, sdp)
        self.peer.emit("set-remote-description", description, Gst.Promise.new())

    def on_pad(self, _, pad):
        decoder = Gst.parse_bin_from_description(DECODE, False)
        decoder.get_by_name("out").connect("handoff", self.on_frame)
        decoder.add_pad(Gst.GhostPad.new("sink", decoder.get_by_name("in").get_static_pad("sink")))
        self.pipeline.add(decoder)
        decoder.sync_state_with_parent()
        pad.link(decoder.get_static_pad("sink"))

    def on_frame(self, _, buffer, __):
        self.frames += 1
        self.shades = max(self.shades, len(set(buffer.extract_dup(0, buffer.get_size()))))
        if self.frames == FRAMES:
            GLib.idle_add(self.loop.quit)


def main():
    site, start = sys.argv[1], json.load(sys.stdin)
    person = urllib.parse.urljoin(site, start["url"]) + "session"

    def ask(verb):
        return json.loads(post(person, json.dumps({"verb": verb, "ticket": start["ticket"]}), "application/json", {}))

    Gst.init(None)
    began = time.monotonic()
    way = ask("CONNECT_TO_SESSION")["WebRTC_connection_data"]
    player = Player(urllib.parse.urljoin(site, way), start["ticket"], lambda: ask("POLL_EVENTS") is not None)
    failure = player.see()
    ask("DISCONNECT")
    print(f"{player.frames} frames, {player.shades} shades, {time.monotonic() - began:.1f} s")
    if failure:
        sys.exit(failure)


main()
