#!/usr/bin/env bash
# Locks the dependencies with hashes. Needs uv (pip install uv).
set -euo pipefail
cd "$(dirname "$0")/.."
opts=(--universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links -q)
printf 'hatchling>=1.27,<2\neditables\n' | python3 -m uv pip compile "${opts[@]}" --extra api pyproject.toml - -o requirements/runtime.txt
python3 -m uv pip compile "${opts[@]}" --extra dev pyproject.toml -c requirements/runtime.txt -o requirements/dev.txt
# the peers of benchmarks/speed, each set in an environment of its own
for peers in peers peers-medspacy; do
    python3 -m uv pip compile "${opts[@]}" "requirements/$peers.in" -o "requirements/$peers.txt"
done
