#!/usr/bin/env bash
# Measures Nexus against nginx and bare YARP. Without arguments: everything, about half an hour; README.md says what and how.
#   bench/run.sh [--quick] [--seconds N] [--only SCENARIO] [--record]
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

. ./install.sh
need_dotnet
need_rights postgres node nginx
need_postgres
need_node
need_nginx

dotnet build Nexus.Web -c Release -v q
dotnet build bench -c Release -v q
ulimit -n "$(ulimit -Hn)"
exec artifacts/bin/Nexus.Bench/release/Nexus.Bench "$@"
