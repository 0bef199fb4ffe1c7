#!/usr/bin/env bash
# Installs what is missing, builds what has changed, and runs Nexus with its private PostgreSQL in the foreground.
#   ./run.sh           Nexus
#   ./run.sh --demo    Nexus with data of its own and a team at work on a simulated API: nothing leaves this machine
set -euo pipefail
cd "$(dirname "$0")"

demo=
case "${1:-}" in
  '') ;;
  --demo) demo=1 ;;
  *)
    sed -n '2,4s/^# *//p' "$0" >&2
    exit 2
    ;;
esac

# What the caller sets wins over the file, as with docker compose.
if [ -f .env ]; then
  caller=$(export -p)
  set -a
  # shellcheck disable=SC1091
  . ./.env
  set +a
  # Of read-only variables, such as an exported SHELLOPTS, bash refuses the assignment.
  eval "$caller" 2>/dev/null || true
fi

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GCgen0size=${DOTNET_GCgen0size:-2000000} # as in the Dockerfile

. ./install.sh
need_dotnet
need_rights postgres node
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
  # Invented data must never meet real data, nor an invented request, alert or report a real receiver: whatever else is set
  # here or in .env, and whatever comes to be read one day, the demo has only the machine's own variables, ports and key.
  for name in $(compgen -e); do
    case $name in
      PATH | HOME | USER | LOGNAME | SHELL | LANG | LANGUAGE | LC_* | TZ | TERM | TMPDIR | XDG_* | LD_LIBRARY_PATH | DOTNET_*) ;;
      HOST | PORT | PROXY_PORT | DASHBOARD_PORT | LOG_LEVEL) ;;
      DASHBOARD_API_KEY | DASHBOARD_API_KEY_FILE | INTERNAL_API_KEY | INTERNAL_API_KEY_FILE) ;;
      *) unset "$name" 2>/dev/null || true ;;
    esac
  done
  data_home=${XDG_DATA_HOME:-$HOME/.local/share}
  [ "$(id -u)" = 0 ] && data_home=/var/lib
  export DATA_DIR=$data_home/nexus-demo PRIVATE_POSTGRES_PORT=0
  export HOST=${HOST:-127.0.0.1} LOG_LEVEL=${LOG_LEVEL:-warn} PROXY_PORT=${PROXY_PORT:-${PORT:-3000}}
fi

scheme=http
[ -n "${TLS_CERT_FILE:-}" ] && scheme=https
proxy_port=${PROXY_PORT:-${PORT:-3000}}
dashboard_port=${DASHBOARD_PORT:-3001}

SECONDS=0
# By itself, so that a wrong setting is told once and ends the script.
key=$("$app" key show)
echo "Dashboard: $scheme://localhost:$dashboard_port   key: $key"
echo "Proxy:     ${PUBLIC_URL:-$scheme://localhost:$proxy_port}   (ANTHROPIC_BASE_URL for Claude Code)"

# Whether both ports serve and the database is there. For which name a certificate is good does not matter here.
healthy() {
  local host=${HOST:-127.0.0.1} code
  case $host in 0.0.0.0 | ::) host=127.0.0.1 ;; esac
  if [ "$scheme" = https ]; then
    case $host in *:*) host="[$host]" ;; esac
    if command -v curl >/dev/null; then
      curl -fsk -m 5 -o /dev/null "https://$host:$dashboard_port/health"
    else
      wget -q --no-check-certificate -t 1 -T 5 -O /dev/null "https://$host:$dashboard_port/health"
    fi
    return
  fi
  exec 3<>"/dev/tcp/$host/$dashboard_port" || return
  printf 'GET /health HTTP/1.0\r\n\r\n' >&3
  read -r _ code _ <&3
  [ "$code" = 200 ]
}
# Says when, while Nexus itself has the terminal ($$ is its process).
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
