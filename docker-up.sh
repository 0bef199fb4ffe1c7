#!/usr/bin/env bash
# Passes its arguments to docker compose with this project's files, from any working directory:
#   ./docker-up.sh up -d | down | logs -f | ps | exec claude-proxy sh
# Makes .env, or what secrets it lacks, on first use; up prints the dashboard's key.
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)

secret() {
  head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '='
}

if [ $# -eq 0 ]; then
  sed -n '2,4s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 2
fi

if ! command -v docker >/dev/null; then
  echo "docker-up.sh needs Docker, which is not installed: https://docs.docker.com/engine/install/ . Without it, ./run.sh runs Nexus on this machine." >&2
  exit 127
fi
if ! docker compose version >/dev/null 2>&1; then
  echo "docker-up.sh needs Docker's compose plugin, 2.24 or newer: https://docs.docker.com/compose/install/linux/ . Without it, ./run.sh runs Nexus on this machine." >&2
  exit 127
fi

# written NAME: what .env says, as compose reads it: the last line counts, without quotes and comment.
written() {
  sed -n "s/^[[:space:]]*\(export[[:space:]]\{1,\}\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" "$root/.env" | sed -n '$p' |
    sed -e "s/^'\([^']*\)'.*/\1/; t" -e 's/^"\([^"]*\)".*/\1/; t' -e 's/^#.*//; s/[[:space:]]\{1,\}#.*//; s/[[:space:]]*$//'
}

# setting NAME: what compose puts in for it; the caller's environment wins over .env.
setting() {
  if [ -n "${!1+set}" ]; then
    printf '%s' "${!1}"
  else
    written "$1"
  fi
}

# A new file, or a copy of .env.example that lacks them: the key, and PostgreSQL's password, without which external-db's
# container does not start.
[ -e "$root/.env" ] || (umask 077 && : > "$root/.env")
made=()
key=$(for name in DASHBOARD_API_KEY DASHBOARD_API_KEY_FILE INTERNAL_API_KEY INTERNAL_API_KEY_FILE; do written "$name"; done)
[ -n "$key" ] || made+=("DASHBOARD_API_KEY=nxd_$(secret)")
# An empty one of the caller's would win over the file's.
[ -n "${POSTGRES_PASSWORD:-}" ] || unset POSTGRES_PASSWORD
[ -n "${POSTGRES_PASSWORD:-$(written POSTGRES_PASSWORD)}" ] || made+=("POSTGRES_PASSWORD=$(secret)")
if [ ${#made[@]} -gt 0 ]; then
  chmod 600 "$root/.env"
  {
    # The file may end within a line.
    [ ! -s "$root/.env" ] || echo
    printf '%s\n' '# Made by docker-up.sh; .env.example says what else may stand here.' "${made[@]}"
  } >> "$root/.env"
fi
if [[ " $* " == *" up "* ]]; then
  key=$(written DASHBOARD_API_KEY)
  [ -z "$key" ] || echo "Dashboard key: $key (in $root/.env)" >&2
fi

# Published on loopback alone, this machine's callers come from the bridge's gateway, which may then read /token-stats as
# loopback may; compose.yaml knows only whether BIND_ADDRESS is set. Docker takes addresses alone, not localhost.
bind=$(setting BIND_ADDRESS)
case $bind in
  '' | 127.0.0.1 | localhost) export BIND_ADDRESS='' ;;
  127.* | ::1 | '[::1]')
    [ "$bind" != ::1 ] || export BIND_ADDRESS='[::1]'
    gateway=$(setting BRIDGE_GATEWAY)
    allowed=$(setting TOKEN_STATS_ALLOW)
    export TOKEN_STATS_ALLOW=${allowed:-${gateway:-172.31.83.1}}
    ;;
esac

# Compose does not tell its files which profiles the command line asks for; compose.yaml must know.
previous=
for argument in "$@"; do
  case "$previous $argument" in
    *" --profile=external-db" | "--profile external-db") export COMPOSE_PROFILES=external-db ;;
  esac
  previous=$argument
done

exec docker compose --project-directory "$root" --file "$root/compose.yaml" --env-file "$root/.env" "$@"
