#!/usr/bin/env bash
# Searches for the best network of at most 300 parameters, and counts the trials that broke the limit.
# Needs curl and node. Usage: constraints.sh http://127.0.0.1:3000
set -euo pipefail
service=$1

# Reads one field of the JSON on stdin: an expression on `j`.
field() { node -e "const j = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }

study=$(curl -sf -F file=@data/penguins.csv -F target=Species -F spec='{
  "model": {"layers": [{"dense": {"units": {"$int": [2, 32]}, "activation": "relu"}}]},
  "training": {"learningRate": 0.02, "epochs": 12},
  "constraints": [{"metric": "model.parameters", "max": 300}],
  "checks": "off",
  "search": {"trials": 8, "seed": 7}
}' "$service/v1/tune" | field j.study.id)

state=$(curl -sf "$service/v1/studies/$study?wait=120" | field j.state)
broke=$(curl -sf "$service/v1/studies/$study/trials" | field 'j.items.filter(({parameters}) => parameters > 300).length')
best=$(curl -sf "$service/v1/studies/$study/best")

echo "$state"
echo "$broke trials were too large"
field '`trial ${j.trial.number}: log loss ${j.trial.values[0].toFixed(3)} with ${j.trial.parameters} parameters`' <<<"$best"
