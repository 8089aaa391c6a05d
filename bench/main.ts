import { compiler } from './compiler';
import { diagnosis } from './diagnosis';
import { firstPage } from './first-page';
import { mnist } from './mnist';
import { pruning } from './pruning';

/** `npm run bench` prints the first page; `npm run bench -- <name>` another. */
const PAGES: Readonly<Record<string, () => Promise<void>>> = {
  first: firstPage,
  compiler,
  diagnosis,
  mnist,
  pruning,
};

const name = process.argv[2] ?? 'first';
const page = Object.hasOwn(PAGES, name) ? PAGES[name] : undefined;
if (page === undefined) {
  console.error(`there is no page ${name}; there are ${Object.keys(PAGES).join(', ')}`);
  process.exitCode = 1;
} else {
  page().catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
}
