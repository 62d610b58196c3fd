#!/bin/sh
# What fills conf/nginx.conf.in in for the nginx that is here, or for that version: a script for sed(1). HTTP/2 was a word of
# "listen" before 1.25.1, and is a line of its own since.
version=${1:-$(PATH=$PATH:/usr/sbin nginx -v 2>&1 | sed -n 's|.*nginx/\([0-9.]*\).*|\1|p')}
version=${version:-1.26}
if [ "$(printf '%s\n' "$version" 1.25.1 | sort -V | head -n 1)" = 1.25.1 ]; then
  echo 's|@HTTP2_LISTEN@||;s|@HTTP2@|http2 on;|'
else
  echo 's|@HTTP2_LISTEN@| http2|;/@HTTP2@/d'
fi
