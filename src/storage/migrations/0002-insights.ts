/** What was found out about a study beside its trials: its checks, the analysis of its errors. One document a kind. */
export const insights = `
CREATE TABLE insights (
  study TEXT NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (study, kind)
) STRICT, WITHOUT ROWID;
`;
