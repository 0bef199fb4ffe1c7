# shellcheck shell=bash
# Sourced by run.sh and test.sh: installs what is missing through apt, or says exactly what to install.

need_dotnet() {
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    echo "The .NET 10 SDK is needed: https://dotnet.microsoft.com/download" >&2
    exit 1
  fi
}

# need_rights postgres|node|nginx|chromium|promtool...: before anything is installed, that all that is missing can be.
need_rights() {
  local packages=() what
  for what in "$@"; do
    "has_$what" && continue
    case $what in
      postgres) packages+=(postgresql) ;;
      node) packages+=(nodejs npm) ;;
      nginx) packages+=(nginx-light) ;;
      promtool) packages+=(prometheus) ;;
      *) packages+=("$what") ;;
    esac
  done
  if [ ${#packages[@]} = 0 ] || may_install; then
    return
  fi
  echo "Not installed, and this user may not install: ${packages[*]} (as Debian names them). As root:  apt-get update && apt-get install -y ${packages[*]}" >&2
  exit 1
}

may_install() {
  command -v apt-get >/dev/null || return
  [ "$(id -u)" = 0 ] && return
  # Asks for the password once where somebody can type it, and not in the middle of an installation.
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; }; }
}

has_postgres() {
  compgen -G '/usr/lib/postgresql/1[5-9]/bin/initdb' >/dev/null || compgen -G '/usr/lib/postgresql/[2-9][0-9]/bin/initdb' >/dev/null
}

has_node() { command -v npm >/dev/null; }

has_nginx() { [ -x /usr/sbin/nginx ]; }

has_chromium() { command -v chromium >/dev/null; }

has_promtool() { command -v promtool >/dev/null; }

need_postgres() {
  has_postgres && return
  # Debian would make and start a cluster of its own, on the standard port.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root sh -c 'mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf'
  fi
  apt_install postgresql
}

need_node() {
  has_node && return
  apt_install nodejs npm
}

need_nginx() {
  has_nginx && return
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
  has_chromium && return
  apt_install chromium
}

# The package has a service and a web of pages with it, and only the checker of rules is wanted.
need_promtool() {
  has_promtool && return
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
