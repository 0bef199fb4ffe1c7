#!/usr/bin/env bash
# Installs what the tests need and runs everything: format, build, pending migrations, tests.
#   ./test.sh          what takes seconds
#   ./test.sh --long   the minutes-long cases too
set -euo pipefail
cd "$(dirname "$0")"
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1

. ./install.sh
need_dotnet
need_rights postgres node chromium promtool
need_postgres
need_node
need_chromium
need_promtool

filter=(--filter "Category!=Long")
[ "${1:-}" = "--long" ] && filter=()

dotnet tool restore >/dev/null
dotnet build Nexus.sln -warnaserror -v q
dotnet format Nexus.sln --verify-no-changes --no-restore
dotnet ef migrations has-pending-model-changes --project Nexus.Web --no-build
rm -rf artifacts/test-results
# Pictures of the pages are for who looks at them: NEXUS_TEST_PICTURES=1 ./test.sh, or any dotnet test.
export NEXUS_TEST_PICTURES=${NEXUS_TEST_PICTURES:-0}
dotnet test Nexus.Web.Tests --no-build "${filter[@]}" --logger trx --results-directory artifacts/test-results
