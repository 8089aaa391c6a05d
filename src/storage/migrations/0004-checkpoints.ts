/** Where a trial goes on from, since when it is paused at a rung, and how long it was before. */
export const checkpoints = `
ALTER TABLE trials ADD COLUMN checkpoint TEXT;
ALTER TABLE trials ADD COLUMN paused_at TEXT;
ALTER TABLE trials ADD COLUMN idle_ms REAL NOT NULL DEFAULT 0;
`;
