#!/usr/bin/env bash
# The storage tests start a PostgreSQL server of their own, on a free port. Installs its programs where apt is at hand;
# elsewhere those tests run on SQLite alone and say so. No cluster is made and nothing is left running.
set -euo pipefail
if compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    exit 0
fi
run=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no PostgreSQL, and no right to install one: only SQLite will be tested" >&2; exit 0; }
    run=(sudo)
fi
command -v apt-get >/dev/null || { echo "no PostgreSQL and no apt: only SQLite will be tested" >&2; exit 0; }
install=("${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends)
# Debian's package makes a cluster and starts it on port 5432, unless this file says otherwise while it is installed.
drop_in=/etc/postgresql-common/createcluster.d/claimcheck-tests.conf
if "${run[@]}" apt-get update -q && "${install[@]}" postgresql-common; then
    "${run[@]}" mkdir -p "$(dirname "$drop_in")"
    echo 'create_main_cluster = false' | "${run[@]}" tee "$drop_in" >/dev/null
    "${install[@]}" postgresql || echo "PostgreSQL could not be installed: only SQLite will be tested" >&2
    "${run[@]}" rm -f "$drop_in"
else
    echo "PostgreSQL could not be installed: only SQLite will be tested" >&2
fi
