#!/usr/bin/env bash
# The browser tests drive a stock Chromium and a stock Firefox, and node builds the extension. Installs what is missing where apt is
# at hand; what cannot be had is named, and the tests that need it skip and say so (in CI they fail).
set -euo pipefail

missing=()
need() {  # need PACKAGE PROGRAM...: the package is missing where none of the programs is there
    local package=$1 program
    shift
    for program in "$@"; do
        if command -v "$program" >/dev/null; then return; fi
    done
    missing+=("$package")
}
need chromium chromium chromium-browser
need firefox-esr firefox-esr firefox
need nodejs node
need npm npm
need xvfb Xvfb
need xauth xauth
need xdotool xdotool
# Without its own emoji the pictures show empty boxes.
if ! find /usr/share/fonts -iname '*emoji*' 2>/dev/null | grep -q .; then missing+=(fonts-noto-color-emoji); fi
[ ${#missing[@]} -gt 0 ] || exit 0

without() { echo "$1; without ${missing[*]}, browser tests will be skipped" >&2; exit 0; }
run=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || without "no right to install packages"
    run=(sudo)
fi
command -v apt-get >/dev/null || without "no apt"
"${run[@]}" apt-get update -q
# One at a time: a package that this system does not have must not keep the others away.
for package in "${missing[@]}"; do
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$package" ||
        echo "$package could not be installed: tests that need it will be skipped" >&2
done
