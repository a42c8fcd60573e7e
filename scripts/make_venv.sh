#!/usr/bin/env bash
# Makes a virtual environment; where Debian has left out ensurepip, installs it if apt is at hand.
set -euo pipefail
venv="$1"
python="${PYTHON:-python3}"
"$python" - <<'PY' || { echo "claimcheck needs Python 3.11 or newer" >&2; exit 1; }
import sys
sys.exit(sys.version_info < (3, 11))
PY
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then
        sudo apt-get update -q && sudo DEBIAN_FRONTEND=noninteractive apt-get install -y -q python3-venv
    else
        echo "Python's venv is not complete here: please install the package python3-venv" >&2
        exit 1
    fi
fi
"$python" -m venv "$venv"
