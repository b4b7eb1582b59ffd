// The peer: conversions come in over fastify and wait in graphile-worker's tables; the worker sends each in a call of its own with undici.
// With the settings that its documentation names for throughput (https://worker.graphile.org/docs/performance): jobs are fetched many
// at once, results are written together, statements are prepared. It keeps no log of its attempts.

import fastify from "fastify";
import { makeWorkerUtils, run } from "graphile-worker";
import { Logger } from "graphile-worker";
import { Agent, request } from "undici";

const { DATABASE_URL, TARGET, TOKEN } = process.env;
const CONCURRENCY = 64;

const quiet = new Logger(() => () => {});
const utils = await makeWorkerUtils({ connectionString: DATABASE_URL, logger: quiet });
await utils.migrate();

const dispatcher = new Agent({ connections: CONCURRENCY, pipelining: 1 });

async function send(payload) {
  const answer = await request(TARGET, {
    dispatcher,
    method: "POST",
    headers: { "content-type": "application/json", "access-token": TOKEN },
    body: JSON.stringify(payload),
  });
  const said = await answer.body.json();
  if (answer.statusCode !== 200 || said.code !== 0) throw new Error(`${answer.statusCode}: ${said.message}`);
}

const preset = {
  worker: {
    connectionString: DATABASE_URL,
    concurrentJobs: CONCURRENCY,
    maxPoolSize: 10,
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    preparedStatements: true,
    logger: quiet,
  },
};

const app = fastify({ bodyLimit: 64 << 20 });
let runner;

// Queues the conversions: an array of bodies as the network takes them.
app.post("/conversions", async (incoming) => {
  await utils.addJobs(incoming.body.map((payload) => ({ identifier: "send", payload })));
  return { queued: incoming.body.length };
});

app.post("/start", async () => {
  runner = await run({ preset, taskList: { send } });
  return {};
});

// Answers when everything that is done is written.
app.post("/stop", async () => {
  await runner.stop();
  return {};
});

console.log(await app.listen({ host: "127.0.0.1", port: 0 }));
