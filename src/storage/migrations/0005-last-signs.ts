/** When a trial's worker last spoke of it, or was lost: what lies between that and its next start is no part of its duration. */
export const lastSigns = `
ALTER TABLE trials ADD COLUMN last_sign_at TEXT;
`;
