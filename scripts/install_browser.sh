#!/usr/bin/env bash
# The browser tests drive a stock Chromium. Installs it where apt is at hand; elsewhere they skip and say so.
set -euo pipefail
if command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then
    exit 0
fi
run=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || { echo "no Chromium, and no right to install one: browser tests will be skipped" >&2; exit 0; }
    run=(sudo)
fi
command -v apt-get >/dev/null || { echo "no Chromium and no apt: browser tests will be skipped" >&2; exit 0; }
"${run[@]}" apt-get update -q
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium fonts-noto-color-emoji ||
    echo "Chromium could not be installed: browser tests will be skipped" >&2
