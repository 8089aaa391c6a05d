/** Datasets, studies, trials with their curves, events, models and idempotent answers. */
export const firstSchema = `
CREATE TABLE datasets (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  format TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  rows INTEGER NOT NULL,
  profiles TEXT NOT NULL,
  table_key TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX datasets_by_table ON datasets (table_key);

CREATE TABLE studies (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  dataset TEXT NOT NULL REFERENCES datasets (id),
  target TEXT NOT NULL,
  task TEXT NOT NULL,
  spec TEXT NOT NULL,
  document TEXT NOT NULL,
  phase TEXT,
  stop_reason TEXT,
  best TEXT,
  running_ms REAL NOT NULL,
  created_at TEXT NOT NULL,
  started_at TEXT,
  finished_at TEXT,
  error TEXT,
  final_model TEXT
) STRICT;
CREATE INDEX studies_by_state ON studies (state);
CREATE INDEX studies_by_dataset ON studies (dataset);

CREATE TABLE trials (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  state TEXT NOT NULL,
  params TEXT NOT NULL,
  config TEXT NOT NULL,
  seed INTEGER NOT NULL,
  value REAL,
  "values" TEXT,
  metrics TEXT NOT NULL,
  epochs INTEGER NOT NULL,
  best_epoch INTEGER,
  parameters INTEGER,
  started_at TEXT,
  finished_at TEXT,
  duration_ms REAL,
  device TEXT,
  engine TEXT,
  engine_reason TEXT,
  attempts INTEGER NOT NULL,
  error TEXT,
  run INTEGER NOT NULL,
  isolated INTEGER NOT NULL,
  enqueued INTEGER NOT NULL,
  finished_order INTEGER,
  network TEXT,
  PRIMARY KEY (study, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX trials_by_state ON trials (study, state);
CREATE INDEX trials_by_order ON trials (study, finished_order);

-- The epochs of a learning curve are the trial.epoch events: both tables draw their ids from one sequence.
CREATE TABLE epochs (
  id INTEGER PRIMARY KEY,
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  trial INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  train TEXT NOT NULL,
  validation TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX epochs_of_trial ON epochs (study, trial, epoch);
CREATE INDEX epochs_of_study ON epochs (study, id);

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX events_of_study ON events (study, id);

CREATE TABLE sequence (name TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT;
INSERT INTO sequence VALUES ('event', 0);

CREATE TABLE models (
  id TEXT PRIMARY KEY,
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX models_of_study ON models (study, id);

-- Which blobs a trial or a model names.
CREATE TABLE blob_names (
  sha256 TEXT NOT NULL,
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  PRIMARY KEY (sha256, study)
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  scope TEXT PRIMARY KEY,
  body_hash TEXT NOT NULL,
  answer TEXT,
  created_at TEXT NOT NULL
) STRICT;
`;
