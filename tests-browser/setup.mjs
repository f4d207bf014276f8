// Serves the built site while the tests run. What is returned is called after the last test.

import { serve } from './server.mjs';

export default async function setup() {
  const { url, close } = await serve();
  process.env.OVERLAY_URL = url;
  return close;
}
