#!/usr/bin/env bash
# Tries a point of one's own, and starts a second study from what the first has seen.
# Needs curl and node. Usage: warm-start.sh http://127.0.0.1:3000
set -euo pipefail
service=$1

# Reads one field of the JSON on stdin: an expression on `j`.
field() { node -e "const j = JSON.parse(require('fs').readFileSync(0)); console.log($1)"; }
post() { curl -sf -H 'content-type: application/json' -d "$2" "$service/v1/studies$1"; }
# What both studies share.
space='"model": {"preset": "linear"},
  "training": {"learningRate": {"$float": [0.0001, 0.1], "log": true}, "epochs": 6},
  "checks": "off"'

# The first study is created only, so that the point stands in line before anything is proposed.
first=$(curl -sf -F file=@data/penguins.csv -F target=Species \
  -F spec="{$space, \"start\": false, \"search\": {\"trials\": 5, \"seed\": 7}}" "$service/v1/tune")
study=$(field j.study.id <<<"$first")
dataset=$(field j.dataset.id <<<"$first")
post "/$study/trials" '{"params": {"training.learningRate": 0.03}}' >/dev/null
post "/$study/start" '' >/dev/null
echo "first: $(curl -sf "$service/v1/studies/$study?wait=120" | field 'j.state + " " + j.best.values[0]')"

second=$(post "" "{\"dataset\": \"$dataset\", \"target\": \"Species\", $space,
  \"search\": {\"trials\": 3, \"seed\": 8, \"warmStart\": {\"studies\": [\"$study\"]}}}" | field j.id)
echo "second: $(curl -sf "$service/v1/studies/$second?wait=120" | field 'j.state + " " + j.best.values[0]')"
