#!/usr/bin/env bash
# Searches for small and good networks at once, prints the front, and makes a model of its most exact trial.
# Needs curl and node. Usage: pareto.sh http://127.0.0.1:3000
set -euo pipefail
service=$1

# Reads one field of the JSON on stdin: an expression on `j`.
field() { node -e "const j = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }

study=$(curl -sf -F file=@data/penguins.csv -F target=Species -F spec='{
  "model": {"layers": [{"dense": {"units": {"$int": [2, 32], "log": true}, "activation": "relu"}}]},
  "training": {"learningRate": 0.02, "epochs": 12},
  "objectives": [{"metric": "validation.logLoss", "direction": "minimize"},
                 {"metric": "model.parameters", "direction": "minimize"}],
  "checks": "off",
  "search": {"trials": 8, "seed": 7}
}' "$service/v1/tune" | field j.study.id)

state=$(curl -sf "$service/v1/studies/$study?wait=120" | field j.state)
front=$(curl -sf "$service/v1/studies/$study/pareto")
# Of the trials that no other dominates, the one with the least loss.
trial=$(field 'j.items.toSorted((a, b) => a.values[0] - b.values[0])[0].number' <<<"$front")
model=$(curl -sf -X POST "$service/v1/studies/$study/trials/$trial/model")

echo "$state"
field 'j.items.map(({number, values}) => `trial ${number}: log loss ${values[0].toFixed(3)} with ${values[1]} parameters`).join("\n")' <<<"$front"
field '`model of trial ${j.trial}: test accuracy ${j.metrics.test.accuracy.toFixed(3)}`' <<<"$model"
