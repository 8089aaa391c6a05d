/** When a trial first stood at a rung, counted together with the order of completion: its place in the sampler's history. */
export const rungOrder = `
ALTER TABLE trials ADD COLUMN rung_order INTEGER;
CREATE INDEX trials_by_rung ON trials (study, rung_order) WHERE rung_order IS NOT NULL;
`;
