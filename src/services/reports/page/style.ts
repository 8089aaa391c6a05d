/** The report's style: readable on a desktop, a phone and paper. No colour carries a meaning alone. */
export const STYLE = `
:root { --ink: #1c2430; --soft: #5b6675; --line: #dde2e9; --paper: #fff; --blue: #2563eb; --orange: #d97706; --red: #b91c1c; --green: #15803d; --wash: #f5f7fa; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: 1rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.5rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .75rem; margin: 1.25rem 0; }
.tile { background: var(--wash); border-radius: .5rem; padding: .8rem 1rem; }
.tile b { display: block; font-size: 1.45rem; line-height: 1.25; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.finding { border-left: 4px solid var(--line); padding: .3rem 0 .3rem .9rem; margin: .8rem 0; break-inside: avoid; }
.finding.problem { border-color: var(--red); } .finding.warning { border-color: var(--orange); } .finding.info { border-color: var(--green); }
.tag { font-size: .72rem; font-weight: 600; text-transform: uppercase; letter-spacing: .04em; color: var(--soft); }
.problem .tag { color: var(--red); } .warning .tag { color: var(--orange); } .info .tag { color: var(--green); }
details { margin: 1rem 0; } summary { cursor: pointer; color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: right; vertical-align: top; }
th { font-weight: 600; color: var(--soft); } th:first-child, td:first-child { text-align: left; }
th { white-space: nowrap; } td.text, th.text { text-align: left; min-width: 9rem; white-space: normal; max-width: 22rem; overflow-wrap: break-word; }
td.cell { text-align: center; min-width: 3rem; } td.hit { font-weight: 700; }
figure { margin: .5rem 0 1rem; break-inside: avoid; } figcaption { color: var(--soft); font-size: .875rem; max-width: 46rem; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); gap: 1rem; }
img.thumb { height: 3rem; image-rendering: pixelated; }
svg { width: 100%; height: auto; display: block; } svg text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.axis { stroke: var(--line); fill: none; } .grid { stroke: var(--line); stroke-width: .5; }
.a { stroke: var(--blue); fill: none; stroke-width: 2; } .b { stroke: var(--orange); fill: none; stroke-width: 2; stroke-dasharray: 5 3; }
.dot { fill: var(--blue); fill-opacity: .55; } .dot.pruned { fill: none; stroke: var(--soft); } .bar { fill: var(--blue); } .range { stroke: var(--ink); stroke-width: 1.2; } .guide { stroke: var(--soft); stroke-dasharray: 3 3; fill: none; }
dl { display: grid; grid-template-columns: minmax(8rem, 13rem) 1fr; gap: .3rem 1rem; font-size: .95rem; } dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
code { font-size: .9em; background: var(--wash); padding: .05em .3em; border-radius: .25em; overflow-wrap: anywhere; }
@media (max-width: 34rem) { main { padding: 1.25rem .9rem 3rem; } h1 { font-size: 1.5rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } .tiles { grid-template-columns: 1fr 1fr; } }
@media print { details::details-content { content-visibility: visible; height: auto; } main { max-width: none; padding: 0; } h2 { break-after: avoid; } body { font-size: 11pt; } .tile { border: 1px solid var(--line); } }
`;
