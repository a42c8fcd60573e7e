#!/usr/bin/env bash
# Makes build/peers: the environments of what claimcheck is measured beside.  Nothing of it is needed to use, test or develop
# claimcheck.  About 1 GB; run again, it does nothing unless the pinned versions changed.
set -euo pipefail
cd "$(dirname "$0")/../.."
root="${1:-build/peers}"

environment() {  # environment NAME REQUIREMENTS
    local folder="$root/$1" stamp
    stamp="$folder/.installed-$(sha256sum "$2" | cut -c1-16)"
    if [ -e "$stamp" ]; then return; fi
    rm -rf "$folder"
    mkdir -p "$root"
    scripts/make_venv.sh "$folder"
    "$folder/bin/python" -m pip install -q --disable-pip-version-check --require-hashes -r "$2"
    touch "$stamp"
}
environment main requirements/peers.txt
environment medspacy requirements/peers-medspacy.txt
