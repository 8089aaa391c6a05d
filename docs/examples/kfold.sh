#!/usr/bin/env bash
# Measures every trial on three folds, and prints the mean and the spread of the best one.
# Needs curl and node. Usage: kfold.sh http://127.0.0.1:3000
set -euo pipefail
service=$1

# Reads one field of the JSON on stdin: an expression on `j`.
field() { node -e "const j = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }

study=$(curl -sf -F file=@data/penguins.csv -F target=Species -F spec='{
  "split": {"method": "kfold", "folds": 3},
  "training": {"learningRate": {"$float": [0.003, 0.1], "log": true}, "epochs": 8},
  "checks": "off",
  "search": {"trials": 4, "seed": 7}
}' "$service/v1/tune" | field j.study.id)

state=$(curl -sf "$service/v1/studies/$study?wait=120" | field j.state)
best=$(curl -sf "$service/v1/studies/$study/best")

echo "$state"
field '`trial ${j.trial.number}: log loss ${j.trial.metrics.validation.logLoss.toFixed(3)} ± ${j.trial.metrics.deviation.logLoss.toFixed(3)} over ${j.trial.curve.length} folds`' <<<"$best"
field '`trained again on all folds: test accuracy ${j.model.metrics.test.accuracy.toFixed(3)}`' <<<"$best"
