/**
 * Studies without a dataset (ask and tell), trials that a study begins with, and counts of trials that are kept instead of
 * counted. SQLite cannot drop a NOT NULL: the table of studies is made anew, with foreign keys off.
 */
export const externalStudies = `
CREATE TABLE studies_next (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  dataset TEXT REFERENCES datasets (id),
  target TEXT,
  task TEXT,
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
INSERT INTO studies_next SELECT id, name, state, dataset, target, task, spec, document, phase, stop_reason, best,
  running_ms, created_at, started_at, finished_at, error, final_model FROM studies;
DROP TABLE studies;
ALTER TABLE studies_next RENAME TO studies;
CREATE INDEX studies_by_state ON studies (state);
CREATE INDEX studies_by_dataset ON studies (dataset);

CREATE TABLE priors (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  place INTEGER NOT NULL,
  params TEXT NOT NULL,
  "values" TEXT NOT NULL,
  violation REAL,
  PRIMARY KEY (study, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE trial_counts (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  state TEXT NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (study, state)
) STRICT, WITHOUT ROWID;
INSERT INTO trial_counts SELECT study, state, count(*) FROM trials GROUP BY study, state;
CREATE TRIGGER trial_inserted AFTER INSERT ON trials BEGIN
  INSERT INTO trial_counts VALUES (new.study, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TRIGGER trial_moved AFTER UPDATE OF state ON trials WHEN new.state <> old.state BEGIN
  UPDATE trial_counts SET n = n - 1 WHERE study = old.study AND state = old.state;
  INSERT INTO trial_counts VALUES (new.study, new.state, 1) ON CONFLICT DO UPDATE SET n = n + 1;
END;
`;
