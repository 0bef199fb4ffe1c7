#!/bin/sh
# Runs once, in the image's build: what the image has from Debian.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update
# Debian would otherwise make and start a cluster of its own.
mkdir -p /etc/postgresql-common
echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
apt-get install -y --no-install-recommends ca-certificates tini postgresql-15 wget busybox iputils-ping
ln -s /bin/busybox /usr/local/bin/nslookup
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /var/log/apt

# 140 MB serve only PostgreSQL's JIT compiler, which pays off on queries of many seconds; without its library the server
# leaves JIT out by itself.
rm -rf /usr/lib/*/libLLVM-*.so* /usr/lib/*/libz3.so* /usr/lib/postgresql/15/lib/llvmjit*.so /usr/lib/postgresql/15/lib/bitcode

# Nothing in the image gains rights: no set-uid files, no file capabilities. ping needs none where
# net.ipv4.ping_group_range covers the container's groups, which Docker sets; a file capability would keep it from
# starting at all under --cap-drop ALL.
find / -xdev -type f -perm /6000 -exec chmod a-s {} +
if command -v setcap >/dev/null; then setcap -r "$(command -v ping)" 2>/dev/null || true; fi
