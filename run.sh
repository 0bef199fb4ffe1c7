#!/usr/bin/env bash
# Installs what is missing, builds what has changed, and runs Nexus with its private PostgreSQL in the foreground.
#   ./run.sh           Nexus
#   ./run.sh --demo    Nexus with data of its own and a team at work on a simulated API: nothing leaves this machine
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GCgen0size=${DOTNET_GCgen0size:-2000000} # as in the Dockerfile

demo=
case "${1:-}" in
  '') ;;
  --demo) demo=1 ;;
  *)
    sed -n '2,4s/^# *//p' "$0" >&2
    exit 2
    ;;
esac

if [ -f .env ]; then
  set -a
  # shellcheck disable=SC1091
  . ./.env
  set +a
fi

. ./install.sh
need_dotnet
need_postgres
need_node

app=artifacts/bin/Nexus.Web/release/Nexus.Web
if [ ! -e "$app" ] || [ -n "$(find Nexus.Web migrations wwwroot appsettings.json Directory.*.props -newer "$app.dll" -type f -print -quit)" ]; then
  echo "Building ..."
  dotnet build Nexus.Web -c Release -v q
  touch "$app.dll"
fi

if [ "$demo" ]; then
  bench=artifacts/bin/Nexus.Bench/release/Nexus.Bench
  if [ ! -e "$bench" ] || [ -n "$(find bench Directory.*.props -newer "$bench.dll" -type f -print -quit)" ]; then
    dotnet build bench -c Release -v q
    touch "$bench.dll"
  fi
  # Invented data must never meet real data, and no invented request a real upstream.
  data_home=${XDG_DATA_HOME:-$HOME/.local/share}
  [ "$(id -u)" = 0 ] && data_home=/var/lib
  export DATA_DIR=$data_home/nexus-demo CREDENTIALS_DIR='' DATABASE_URL='' PRIVATE_POSTGRES_PORT=0 STORAGE_ENABLED=true ENABLE_CLIENT_AUTH=auto
  unset DATABASE_URL_FILE
  export HOST=${HOST:-127.0.0.1} LOG_LEVEL=${LOG_LEVEL:-warn} PROXY_PORT=${PROXY_PORT:-${PORT:-3000}}
fi

SECONDS=0
# By itself, so that a wrong setting is told once and ends the script.
key=$("$app" key show)
echo "Dashboard: http://localhost:${DASHBOARD_PORT:-3001}   key: $key"
echo "Proxy:     http://localhost:${PROXY_PORT:-${PORT:-3000}}   (ANTHROPIC_BASE_URL for Claude Code)"

# Says when both ports serve and the database is there, while Nexus itself has the terminal ($$ is its process).
healthy() {
  local code
  exec 3<>"/dev/tcp/${HOST:-127.0.0.1}/${DASHBOARD_PORT:-3001}" || return
  printf 'GET /health HTTP/1.0\r\n\r\n' >&3
  read -r _ code _ <&3
  [ "$code" = 200 ]
}
(
  until (healthy) 2>/dev/null; do
    kill -0 $$ 2>/dev/null || exit
    sleep 0.2
  done
  echo "Healthy after $SECONDS s."
) &
if [ "$demo" ]; then
  echo "Demo:      a simulated API and an invented team; its data is in $DATA_DIR. Ctrl-C stops everything."
  exec "$bench" demo
fi
exec "$app"
