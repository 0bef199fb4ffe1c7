#!/usr/bin/env bash
# Builds the image, runs it as compose.yaml does (read-only root, no capabilities, volumes, names on a network) and tries
# the operator's guide on it. Prints a line for each check; exits 1 when one failed. Needs curl.
#   docker/verify.sh [BUILD_STAGE_IMAGE RUNTIME_IMAGE]
# ENGINE=podman uses podman instead of docker; RUN_OPTIONS are further options of its "run". Ports: PROXY_PORT, DASHBOARD_PORT.
# shellcheck disable=SC2016,SC2317 # text for shells inside; functions that "check" calls
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
engine=${ENGINE:-docker}
image=claude-nexus-proxy:latest
name=nexus-verify
proxy=127.0.0.1:${PROXY_PORT:-3000}
dashboard=127.0.0.1:${DASHBOARD_PORT:-3001}
gateway=172.31.84.1
read -ra options <<<"${RUN_OPTIONS:-}"
work=$(mktemp -d)
failed=0

clean() {
  "$engine" rm -f "$name"
  "$engine" rm -f "$name-upstream"
  "$engine" volume rm "$name-data" "$name-credentials"
  "$engine" network rm "$name"
} >/dev/null 2>&1
trap 'clean; rm -rf "$work"' EXIT

# check NAME COMMAND...: the command must succeed; its output is shown when it does not.
check() {
  local what=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok    $what"
  else
    echo "FAIL  $what: $(tail -n 4 "$work/out" | cut -c1-400)"
    failed=1
  fi
}

# says TEXT COMMAND...: the command succeeds and its output contains TEXT.
says() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || { echo "$output"; return 1; }
  echo "$output"
  grep -qF -- "$text" <<<"$output"
}

# fails TEXT COMMAND...: the command fails and its output contains TEXT.
fails() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) && { echo "$output"; return 1; }
  echo "$output"
  grep -qF -- "$text" <<<"$output"
}

not() { ! "$@"; }
in_it() { "$engine" exec "$name" "$@"; }
status() { curl -s -o /dev/null -w '%{http_code}' -m 5 "$@"; }

healthy() {
  for _ in $(seq 200); do
    [ "$(status "http://$dashboard/health")" = 200 ] && return
    sleep 0.2
  done
  "$engine" logs --tail 5 "$name"
  return 1
}

run() {
  "$engine" run -d --name "$name" "${options[@]}" --network "$name" --network-alias proxy --network-alias dashboard --network-alias postgres \
    -p "$proxy:3000" -p "$dashboard:3001" -v "$name-data:/app/data" -v "$name-credentials:/app/credentials" \
    --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --sysctl "net.ipv4.ping_group_range=0 2147483647" \
    -e TOKEN_STATS_ALLOW="$gateway" -e CLAUDE_API_BASE_URL="http://$name-upstream:9000" "$image"
}

# The upstream: the image's busybox answers each call with the same message.
upstream() {
  "$engine" run -d --name "$name-upstream" "${options[@]}" --network "$name" --network-alias "$name-upstream" --entrypoint /bin/sh "$image" -c '
    body="{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":10,\"output_tokens\":5}}"
    while true; do
      printf "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s" "${#body}" "$body" | busybox nc -l -p 9000 -w 1 >/dev/null
    done'
}

message() {
  local key=${1:-sk-ant-of-the-caller}
  curl -s -o "$work/answer" -w '%{http_code}' -m 20 "http://$proxy/v1/messages" -H 'content-type: application/json' -H 'host: verify.test' -H "x-api-key: $key" \
    -d '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hello"}]}'
}

rows() { in_it psql -Atc "SELECT count(*) FROM requests"; }
recorded() {
  for _ in $(seq 50); do
    [ "$(rows)" = "$1" ] && return
    sleep 0.2
  done
  echo "$(rows) rows, not $1"
  return 1
}

clean
build=()
[ $# -eq 2 ] && build=(--build-arg "SDK_IMAGE=$1" --build-arg "RUNTIME_IMAGE=$2")
# Podman: HEALTHCHECK is a property of Docker's image format alone.
BUILDAH_FORMAT=docker "$engine" build "${build[@]}" -t "$image" -t claude-nexus-dashboard:latest "$root" >"$work/build" 2>&1 || { tail -n 20 "$work/build"; exit 1; }
echo "      image: $("$engine" image inspect --format '{{.Size}}' "$image") bytes"
"$engine" network create --subnet 172.31.84.0/24 --gateway "$gateway" "$name" >/dev/null || exit 1

check "the image's health check, user, signal" says "healthcheck app SIGTERM" "$engine" image inspect --format '{{index .Config.Healthcheck.Test 1}} {{.Config.User}} {{.Config.StopSignal}}' "$image"
check "both tags are one image" says "$("$engine" image inspect --format '{{.Id}}' "$image")" "$engine" image inspect --format '{{.Id}}' claude-nexus-dashboard:latest
check "the image holds no secret in its environment" not says "KEY=" "$engine" image inspect --format '{{.Config.Env}}' "$image"
check "a shell instead of Nexus" says "appsettings.json" "$engine" run --rm "${options[@]}" --entrypoint /bin/sh "$image" -c 'ls /app; ! grep -q nexus /proc/[0-9]*/comm'
check "no set-uid files" says "none" "$engine" run --rm "${options[@]}" --entrypoint /bin/sh "$image" -c '[ -z "$(find / -xdev -type f -perm /6000 2>/dev/null)" ] && echo none'
check "a malformed DATABASE_URL ends the start, naming it" fails "DATABASE_URL" "$engine" run --rm "${options[@]}" -e DATABASE_URL=postgres://u:SECRET@ "$image"
check "… without the password" not says SECRET cat "$work/out"

check "start" run
check "the upstream's start" upstream
started=$SECONDS
check "healthy" healthy
echo "      healthy after $((SECONDS - started)) s"
check "proxy health" says '"status":"healthy"' curl -sf "http://$proxy/health"
check "dashboard health" says '"proxyApi":"connected"' curl -sf "http://$dashboard/health"
check "the health check" says '{"proxy":"healthy","dashboard":"healthy"}' in_it healthcheck
check "the health check notices a dead listener" fails '"dashboard":"unreachable"' "$engine" exec -e DASHBOARD_PORT=9 "$name" healthcheck
[ "$engine" = podman ] && check "podman runs the health check" podman healthcheck run "$name"

check "whoami" says app in_it whoami
check "uid" says 10001 in_it id -u
check "no capability" says "CapBnd:	0000000000000000" in_it cat /proc/self/status
check "the root is read-only" fails "Read-only" in_it touch /x
check "tini is process 1" says tini in_it cat /proc/1/comm
check "credentials directory" says "app" in_it ls -la /app/credentials/
check "pg_isready -h \$DB_HOST" says "accepting connections" in_it sh -c 'pg_isready -h "$DB_HOST"'
check "nexus doctor" says "Nexus listens on 3000, and is healthy" in_it sh -c 'nexus doctor || true'
check "pg_isready" says "accepting connections" in_it pg_isready
check "printenv DATA_DIR" says /app/data in_it printenv DATA_DIR
check "ping postgres" in_it ping -c 3 postgres
check "nslookup postgres" says Address in_it nslookup postgres
check "wget dashboard" says '"status":"healthy"' in_it wget -O- http://dashboard:3001/health
check "meminfo" says MemTotal in_it cat /proc/meminfo
check "the key, as docker-up.sh's users read it" says nxd_ in_it nexus key show
check "nexus --version" in_it nexus --version
check "a second instance is refused" fails "nother" "$engine" exec -e DATABASE_URL=postgres://127.0.0.1:1/x "$name" nexus

check "keys" says cnp_live_ in_it nexus keys create --name laptop --owner ada --domain claude.example.com --expires 90d
check "usage rebuild" says "Made anew" in_it nexus usage rebuild
check "the dashboard's assets, and no bench" says echarts in_it sh -c '[ -z "$(find /app -iname "*bench*")" ] && ls /app/wwwroot/lib'
check "the log is lines of JSON" not sh -c "$engine logs $name 2>&1 | grep -v '^{\"timestamp\"'"

check "a message" says 200 message
check "… is recorded" recorded 1
check "token stats through the published port" says '"verify.test"' curl -sf "http://$proxy/token-stats"
check "vacuum, with pool parameters in the URL" says VACUUM in_it psql "postgres://postgres@127.0.0.1/claude_proxy?pool_max=50&pool_idle_timeout=10000" -c "VACUUM ANALYZE;"
check "vacuum, with the private server's empty URL" says VACUUM in_it sh -c 'psql "$DATABASE_URL" -c "VACUUM ANALYZE;"'
check "table sizes" says requests in_it psql -c "SELECT schemaname,tablename,pg_size_pretty(pg_total_relation_size(schemaname||'.'||tablename)) FROM pg_tables WHERE schemaname = 'public' ORDER BY pg_total_relation_size(schemaname||'.'||tablename) DESC;"
check "connections" in_it psql -U postgres -c "SELECT count(*) FROM pg_stat_activity WHERE datname='claude_proxy';"

backup() { in_it pg_dump -U postgres claude_proxy | gzip >"$work/backup.sql.gz"; }
restore() {
  in_it dropdb --force claude_proxy && in_it createdb claude_proxy && gunzip <"$work/backup.sql.gz" | "$engine" exec -i "$name" psql -q -v ON_ERROR_STOP=1 -U postgres claude_proxy
}
check "backup" backup
check "a later message" says 200 message
check "… is recorded" recorded 2
check "restore" restore
check "… gives the rows of the backup" recorded 1
check "… restart" "$engine" restart -t 90 "$name"
check "… healthy" healthy
check "… goes on recording" says 200 message
check "… to the restored database" recorded 2

credentials() { "$engine" run --rm "${options[@]}" -v "$name-credentials:/data" -v "$work:/backup" --user 0 --entrypoint tar "$image" "$@"; }
in_it sh -c "umask 077; cat > /app/credentials/verify.test.credentials.json" </dev/null
"$engine" exec -i "$name" sh -c "cat > /app/credentials/verify.test.credentials.json" <<<'{"type":"api_key","accountId":"acc_1","api_key":"sk-ant-x","client_api_key":"cnp_live_verify"}'
sleep 2
check "a credential file closes the domain" says 401 message
check "… to all but its key" says 200 message cnp_live_verify
check "credentials backup" credentials czf /backup/credentials.tar.gz -C /data .
in_it rm /app/credentials/verify.test.credentials.json
sleep 2
check "without the file the domain is open" says 200 message
check "credentials restore" credentials xzf /backup/credentials.tar.gz -C /data
sleep 2
check "… closes it again, without a restart" says 401 message
check "… with its mode" says -rw------- in_it ls -la /app/credentials/

check "stop" "$engine" stop -t 90 "$name"
check "… with exit code 0" says 0 "$engine" inspect --format '{{.State.ExitCode}}' "$name"
check "logs" says "PostgreSQL" "$engine" logs --tail 50 "$name"
for round in 1 2 3 4 5; do
  check "start $round" "$engine" start "$name"
  check "… healthy" healthy
  check "… its PostgreSQL too" says "accepting" in_it pg_isready
  check "… kill" "$engine" kill -s KILL "$name"
done
exit $failed
