# What Vitrina needs from Debian 12 or 13. Sourced by quickstart.

build_packages=(
  autoconf automake gcc libc6-dev make pkg-config esbuild
  libglib2.0-dev libcjson-dev libjwt-dev libssl-dev
  libfcgi-dev libcurl4-openssl-dev default-libmysqlclient-dev
  libwebsockets-dev libwebsockets-evlib-glib libwebsockets-evlib-ev libev-dev libxau-dev libsystemd-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libgstreamer-plugins-bad1.0-dev libnice-dev
  libx11-dev libxext-dev libxtst-dev libxdamage-dev libxfixes-dev
  libsdl2-dev libgl-dev
)
run_packages=(
  bubblewrap nginx-light openssl curl ca-certificates iproute2
  gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
  gstreamer1.0-nice gstreamer1.0-pulseaudio pulseaudio xvfb libgl1-mesa-dri
)
database_packages=(mariadb-server)
package_packages=(debootstrap systemd-container git)
check_packages=(
  clang clang-format clang-tidy libclang-rt-dev gstreamer1.0-x gstreamer1.0-tools xz-utils man-db "${package_packages[@]}"
  chromium chromium-headless-shell firefox-esr coturn fonts-dejavu-core wrk nftables
  apache2 faketime fcgiwrap spawn-fcgi prometheus haproxy "${database_packages[@]}" galera-4
)

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    command -v sudo >/dev/null || { echo "quickstart: installing packages needs root or sudo" >&2; exit 77; }
    sudo "$@"
  fi
}

is_installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the named packages that are missing, without starting the services that come with them: the
# demonstration and the tests start their own on their own ports.
install_packages() {
  local missing=() package
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "quickstart: installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d status=0
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
  if [ -e $policy ]; then
    policy=
  else
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
  fi
  { as_root "${apt[@]}" update && as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; } \
    >/tmp/vitrina-install.$$ 2>&1 || status=$?
  [ -z "$policy" ] || as_root rm -f $policy
  [ $status -eq 0 ] || tail -n 20 /tmp/vitrina-install.$$ >&2
  rm -f /tmp/vitrina-install.$$
  return $status
}

# Node and npm, for the tests alone: Debian's, unless others are there already.
install_node() {
  command -v node >/dev/null || install_packages nodejs
  command -v npm >/dev/null || install_packages npm
  local lock=tests/package-lock.json done=tests/node_modules/.installed
  [ -e $lock ] || return 0
  cmp -s $lock $done && return 0
  echo "quickstart: installing the tests' modules"
  npm --prefix tests ci --no-audit --no-fund --loglevel=error
  cp $lock $done
}
