#!/usr/bin/env bash
# The tests of claimcheck.spark start Spark on this machine, which needs Java 17 or newer. Installs one where apt is at hand;
# elsewhere those tests skip and say so, except in CI, where this fails.
set -euo pipefail

oldest=17
java="${JAVA_HOME:+$JAVA_HOME/bin/}java"
major() { "$java" -version 2>&1 | sed -nE 's/.*version "([0-9]+).*/\1/p' | head -n 1; }
enough() { command -v "$java" >/dev/null && [ "$(major)" -ge "$oldest" ] 2>/dev/null; }
without() {
    echo "$1: without Java $oldest or newer, the tests of Spark will be skipped" >&2
    [ "${CI:-}" != true ] || exit 1
    exit 0
}

if enough; then exit 0; fi
[ -z "${JAVA_HOME:-}" ] || without "JAVA_HOME names no such Java"
run=()
if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || without "no right to install packages"
    run=(sudo)
fi
command -v apt-get >/dev/null || without "no apt"
"${run[@]}" apt-get update -q || without "apt has no lists"
"${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends default-jre-headless ||
    without "default-jre-headless could not be installed"
enough || without "this system's Java is older"
