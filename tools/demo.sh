# The whole system on one machine. Sourced by quickstart.
#
# Everything runs as a child of this script, in the foreground, with its own log in $state/logs; what ends it ends all of
# them (SIGTERM to each, the last started first), and should the script itself be killed, the kernel tells them.

http_port=${VITRINA_HTTP_PORT:-8080}
https_port=${VITRINA_HTTPS_PORT:-8443}
state=${VITRINA_STATE_DIR:-$source/build/demo}
store=${VITRINA_STORE:-json}
programs=$source/build/release
site=$programs/site

names=() pids=()

# name  RC (as in conf/servers.json)  scene of the showroom
streamers=(
  "river-1|River Quarter|river"
  "river-2|River Quarter|river"
  "park-1|Park Side|park"
)

# launch NAME COMMAND...: starts it with its log; in a session of its own, so that the terminal's Ctrl-C is ours alone.
launch() {
  local name=$1
  shift
  setpriv --pdeathsig TERM -- setsid "$@" >"$state/logs/$name.log" 2>&1 </dev/null &
  names+=("$name")
  pids+=($!)
}

end_all() {
  trap - EXIT INT TERM HUP
  local i
  for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
    kill -TERM "${pids[i]}" 2>/dev/null || true
    wait "${pids[i]}" 2>/dev/null || true
  done
  [ -z "${run_dir:-}" ] || rm -rf "$run_dir"
}

stop_with() {
  echo "quickstart: $1" >&2
  exit 1
}

is_listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

check_store() {
  case $store in
    json | mysql) ;;
    *) stop_with "VITRINA_STORE must be json or mysql" ;;
  esac
}

# A port that nobody listens on and that was not given out yet, in $port.
port=7100
next_port() {
  port=$((port + 1))
  while is_listening $port; do port=$((port + 1)); done
}

certificate() {
  [ -s "$state/certificate.pem" ] && [ -s "$state/certificate.key" ] &&
    openssl x509 -in "$state/certificate.pem" -noout -checkend 86400 >/dev/null && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=Vitrina demonstration" \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1${address:+,IP:$address}" \
    -keyout "$state/certificate.key" -out "$state/certificate.pem" 2>/dev/null
}

# This machine's address in its network, where it has one: for the phone on the same network.
own_address() {
  ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p' | grep -v '^127\.' | head -n 1 || true
}

# Sessions run in cells; where this machine makes none, they are told to do without.
choose_isolation() {
  local why
  isolation=cell
  why=$(bwrap --unshare-user --unshare-pid --unshare-net --as-pid-1 --ro-bind / / --proc /proc --dev /dev -- true 2>&1) && return
  isolation=none
  echo "quickstart: no cell can be made here, so applications reach all that you do: $why" >&2
}

write_streamer() {
  local name=$1 rc=$2 scene=$3
  cat >"$state/$name.json" <<JSON
{
  "server_name": "$name",
  "rc_name": "$rc",
  "ip": "127.0.0.1",
  "port": "$port",
  "public_url": "streamer/$name/",
  "session_limit": 1,
  "stop_grace_seconds": 0,
  "key_file": "$name.key",
  "state_directory": "$run_dir/$name",
  "isolation": "$isolation",
  "app": ["$programs/vitrina-showroom", "--rc", "$scene", "--width", "{width}", "--height", "{height}", "--language", "{language}"],
  "webrtc_program": "$programs/vitrina-webrtc"
}
JSON
  (umask 077 && "$programs/vitrina-coordinator" --config "$state/configuration.json" --server-key "$name" \
    >"$state/$name.key")
  # The list of servers is the sample's, with the port that was free.
  sed -i "/\"server_name\": \"$name\"/,/\"port\"/s/\"port\": \"[0-9]*\"/\"port\": \"$port\"/" "$state/servers.json"
  locations+="location /streamer/$name/ { proxy_pass http://127.0.0.1:$port/; } "
}

write_coordinator() {
  cat >"$state/configuration.json" <<JSON
{
  "socket": "$run_dir/coordinator.sock",
  "websocket_socket": "$run_dir/websocket.sock",
  "time_between_updates_seconds": "30",
  "servers_file": "servers.json",
  "store": $1,
  "key_file": "vitrina.key"
}
JSON
}

database() {
  mariadb --no-defaults --socket="$run_dir/database.sock" --user=root "$@"
}

# A database of our own: it listens on no port, and its socket is in a directory that nobody else may enter.
start_database() {
  local data=$state/database tries
  local options=(--no-defaults --user="$(id -un)" --tmpdir="$run_dir")
  if [ ! -d "$data" ]; then
    rm -rf "$data.new"
    mariadb-install-db "${options[@]}" --datadir="$data.new" --auth-root-authentication-method=normal --skip-test-db \
      >"$state/logs/database-install.log" 2>&1 || stop_with "the database cannot be made; see $state/logs/database-install.log"
    mv "$data.new" "$data"
  fi
  PATH=$PATH:/usr/sbin launch database mariadbd "${options[@]}" --datadir="$data" --socket="$run_dir/database.sock" \
    --pid-file="$run_dir/database.pid" --skip-networking --innodb-buffer-pool-size=64M --innodb-log-file-size=48M
  for ((tries = 0; tries < 300; tries++)); do
    database -e 'CREATE DATABASE IF NOT EXISTS vitrina' 2>/dev/null && return
    kill -0 "${pids[-1]}" 2>/dev/null || break
    sleep 0.1
  done
  tail -n 20 "$state/logs/database.log" >&2
  stop_with "the database did not start"
}

# The list of servers and what is booked: in files, or in the database, where what the files say is put.
prepare_store() {
  [ "$store" != json ] || return 0
  start_database
  write_coordinator "{ \"type\": \"mysql\", \"socket\": \"$run_dir/database.sock\", \"user\": \"root\" }"
  "$programs/vitrina-coordinator" --config "$state/configuration.json" --migrate >"$state/logs/migrate.log"
  "$programs/vitrina-coordinator" --config "$state/configuration.json" --import "$state/servers.json" \
    >>"$state/logs/migrate.log"
}

write_nginx() {
  local user=
  [ "$(id -u)" -ne 0 ] || user="user root;"
  sed -e "s|@USER@|$user|" -e "s|@WORKERS@|1|" -e "s|@STATE_DIR@|$run_dir|g" -e "s|@TEMP_DIR@|$run_dir/nginx|g" \
    -e "s|@ERROR_LOG@|$state/logs/nginx-error.log|" \
    -e "s|@COORDINATORS@|server unix:$run_dir/coordinator.sock;|" \
    -e "s|@OWN_COORDINATOR@|unix:$run_dir/coordinator.sock|" \
    -e "s|@WEBSOCKETS@|server unix:$run_dir/websocket.sock;|" \
    -e "s|@HTTP_LISTEN@|$http_port|" -e "s|@HTTPS_LISTEN@|$https_port|" -e "s|@REDIRECT@||" \
    -e "s|@CERTIFICATE@|$state/certificate.pem|" -e "s|@CERTIFICATE_KEY@|$state/certificate.key|" \
    -e "s|@SITE_PATH@|/|g" -e "s|@SITE_ROOT@|$site|" -e "s|@STREAMERS@|$locations|" -e "s| @EMBED_ORIGINS@||" \
    -e "$(sh "$source/tools/nginx.sh")" \
    "$source/conf/nginx.conf.in" >"$state/nginx.conf"
}

# Until every server has been seen free through the web server: then people can use it.
wait_until_ready() {
  local tries answer i
  for ((tries = 0; tries < 300; tries++)); do
    for i in "${!pids[@]}"; do
      kill -0 "${pids[i]}" 2>/dev/null || { tail -n 20 "$state/logs/${names[i]}.log" >&2; stop_with "${names[i]} ended"; }
    done
    answer=$(curl -sk --max-time 2 -H 'Content-Type: application/json' -d '{"verb":"GET_SERVERS","range":"0-9"}' \
      "https://127.0.0.1:$https_port/api" 2>/dev/null || true)
    [ "$(grep -o '"state":"free"' <<<"$answer" | wc -l)" -eq ${#streamers[@]} ] && return
    sleep 0.1
  done
  stop_with "the system did not get ready within 30 seconds; see $state/logs"
}

demo() {
  local entry name rc scene ended i
  is_listening "$http_port" && stop_with "port $http_port is taken; set VITRINA_HTTP_PORT"
  is_listening "$https_port" && stop_with "port $https_port is taken; set VITRINA_HTTPS_PORT"
  mkdir -p "$state/logs"
  state=$(cd "$state" && pwd)
  # Sockets have short names (108 bytes), so they live apart from the state.
  run_dir=$(mktemp -d "${TMPDIR:-/tmp}/vitrina-demo-XXXXXX")
  trap end_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  mkdir -p "$run_dir/nginx"
  address=$(own_address)
  locations=
  choose_isolation
  cp "$source/conf/servers.json" "$state/servers.json"
  [ -s "$state/vitrina.key" ] || (umask 077 && openssl rand -hex 32 >"$state/vitrina.key")
  certificate
  write_coordinator '{ "type": "json" }'
  for entry in "${streamers[@]}"; do
    IFS='|' read -r name rc scene <<<"$entry"
    next_port
    write_streamer "$name" "$rc" "$scene"
    mkdir -p "$run_dir/$name"
    launch "$name" "$programs/vitrina-streamer" --config "$state/$name.json"
  done
  prepare_store
  write_nginx
  launch coordinator "$programs/vitrina-coordinator" --config "$state/configuration.json"
  launch nginx nginx -p "$run_dir" -c "$state/nginx.conf" -e "$state/logs/nginx-error.log" -g 'daemon off;'
  wait_until_ready
  echo "Ready: https://localhost:$https_port/ http://localhost:$http_port/${address:+ https://$address:$https_port/}"
  echo "       The certificate is this machine's own: let the browser go on. Logs: $state/logs. Ctrl-C ends it."
  wait -n -p ended "${pids[@]}" || true
  for i in "${!pids[@]}"; do
    [ "${pids[i]}" != "$ended" ] || { tail -n 20 "$state/logs/${names[i]}.log" >&2; stop_with "${names[i]} ended"; }
  done
}
