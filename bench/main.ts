import { askTell } from './ask-tell';
import { audit } from './audit';
import { augmentation } from './augmentation';
import { compiler } from './compiler';
import { dataSize } from './data-size';
import { diagnosis } from './diagnosis';
import { engines } from './engines';
import { finalModels } from './final';
import { firstPage } from './first-page';
import { large } from './large';
import { memory } from './memory';
import { mnist } from './mnist';
import { passes } from './passes';
import { peers } from './peers/peers';
import { pruning } from './pruning';
import { report } from './report';
import { searchPage } from './search/page';
import { studies } from './studies';
import { whereTimeGoes } from './where-time-goes';

/** `npm run bench` prints the first page; `npm run bench -- <name> [words]` another. */
const PAGES: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  first: firstPage,
  'ask-tell': askTell,
  audit,
  augmentation,
  compiler,
  passes,
  'data-size': dataSize,
  diagnosis,
  engines,
  job: whereTimeGoes,
  large,
  final: finalModels,
  memory,
  mnist,
  peers,
  pruning,
  report,
  search: searchPage,
  studies,
};

const name = process.argv[2] ?? 'first';
const page = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
if (page === undefined) {
  console.error(`there is no page ${name}; there are ${Object.keys(PAGES).join(', ')}`);
  process.exitCode = 1;
} else {
  page(process.argv.slice(3)).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
