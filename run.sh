#!/usr/bin/env bash
# Installs what is missing, builds what has changed, and runs Nexus with its private PostgreSQL in the foreground.
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
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

echo "Dashboard: http://localhost:${DASHBOARD_PORT:-3001}   key: $("$app" key show)"
echo "Proxy:     http://localhost:${PROXY_PORT:-${PORT:-3000}}   (ANTHROPIC_BASE_URL for Claude Code)"
exec "$app"
