#!/usr/bin/env bash
# Passes its arguments to docker compose with this project's files, from any working directory:
#   ./docker-up.sh up -d | down | logs -f | ps | exec claude-proxy sh
# Makes .env with a dashboard key on first use.
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

if [ ! -e "$root/.env" ]; then
  key=nxd_$(secret)
  (
    umask 077
    printf '%s\n' '# Made by docker-up.sh; .env.example says what else may stand here.' \
      "DASHBOARD_API_KEY=$key" "POSTGRES_PASSWORD=$(secret)" > "$root/.env"
  )
  echo "Made $root/.env. Dashboard key: $key" >&2
fi

# Compose does not tell its files which profiles the command line asks for; compose.yaml must know.
previous=
for argument in "$@"; do
  case "$previous $argument" in
    *" --profile=external-db" | "--profile external-db") export COMPOSE_PROFILES=external-db ;;
  esac
  previous=$argument
done

exec docker compose --project-directory "$root" --file "$root/compose.yaml" --env-file "$root/.env" "$@"
