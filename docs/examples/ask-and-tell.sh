#!/usr/bin/env bash
# Minimises (x - 0.3)² + a cost of the kind, with a shell as the trainer. Needs curl and node.
# Usage: ask-and-tell.sh http://127.0.0.1:3000
set -euo pipefail
service=$1

post() { curl -sf -H 'content-type: application/json' -d "$2" "$service/v1/studies$1"; }
# Reads one field of the JSON on stdin: an expression on `j`.
field() { node -e "const j = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }

study=$(post "" '{
  "execution": "external",
  "space": {"x": {"$float": [0, 1]}, "kind": {"$choice": ["a", "b"]}},
  "search": {"sampler": "tpe", "pruner": "median", "trials": 12, "seed": 7, "expireSeconds": 60}
}' | field j.id)

while true; do
  asked=$(post "/$study/ask" '{}')
  if [ "$(field j.done <<<"$asked")" = true ]; then break; fi
  trial=$(field 'j.trials[0]?.number ?? ""' <<<"$asked")
  if [ -z "$trial" ]; then sleep "$(field j.retryAfterSeconds <<<"$asked")"; continue; fi
  value=$(field '(j.trials[0].params.x - 0.3) ** 2 + (j.trials[0].params.kind === "a" ? 0 : 0.1)' <<<"$asked")
  prune=$(post "/$study/trials/$trial/report" "{\"step\": 1, \"values\": [$value]}" | field j.prune)
  if [ "$prune" = true ]; then
    post "/$study/trials/$trial/tell" '{"state": "pruned"}' >/dev/null
  else
    post "/$study/trials/$trial/tell" "{\"state\": \"completed\", \"values\": [$value]}" >/dev/null
  fi
done

curl -sf "$service/v1/studies/$study?wait=10" | field 'j.state + " " + j.best.values[0]'
