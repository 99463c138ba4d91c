// The portal as people use it: a browser, the server, and a bank that checks signatures.
import { after, before } from 'node:test';

import { browser } from './person.js';
import { place } from './place.js';
import { doubtStories } from './stories/doubt.js';
import { pageStories } from './stories/pages.js';
import { payStories } from './stories/pay.js';

const world = {};

before(async () => {
  Object.assign(world, await place());
  world.chrome = await browser();
});

after(async () => {
  await world.chrome?.close();
  await world.stop?.();
});

payStories(world);
doubtStories(world);
pageStories(world);
