# shellcheck shell=bash
# Sourced by run.sh and test.sh: installs what is missing through apt, or says exactly what to install.

need_dotnet() {
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
    exit 1
  fi
}

need_postgres() {
  compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null || compgen -G '/usr/lib/postgresql/[2-9][0-9]/bin/initdb' >/dev/null && return
  # Debian would make and start a cluster of its own, on the standard port.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root sh -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf'
  fi
  apt_install postgresql
}

need_node() {
  command -v npm >/dev/null && return
  apt_install nodejs npm
}

need_nginx() {
  [ -x /usr/sbin/nginx ] && return
  # Debian would start it, on port 80.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    as_root sh -c 'printf "#!/bin/sh\nexit 101\n" >/usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d'
    apt_install nginx-light
    as_root rm /usr/sbin/policy-rc.d
  else
    apt_install nginx-light
  fi
}

need_chromium() {
  command -v chromium >/dev/null && return
  apt_install chromium
}

# The package has a service and a web of pages with it, and only the checker of rules is wanted.
need_promtool() {
  command -v promtool >/dev/null && return
  echo "Installing promtool ..."
  local dir
  dir=$(mktemp -d)
  as_root apt-get update -q >/dev/null
  (cd "$dir" && apt-get download -q prometheus >/dev/null && dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool)
  as_root install -m 0755 "$dir/usr/bin/promtool" /usr/local/bin/promtool
  rm -rf "$dir"
}

apt_install() {
  echo "Installing $* ..."
  as_root apt-get update -q >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >/dev/null
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "This needs root: $*" >&2
    exit 1
  fi
}
