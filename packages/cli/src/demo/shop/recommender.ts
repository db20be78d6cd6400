/** Computes recommendations in the background: Python, a Celery worker. */
import { appFrame, causeChain, handled, libraryFrame, type Source, stack, unhandled } from "./frames.ts";
import type { Service } from "./service.ts";

const FEATURES: Source = {
  filename: "recommender/features.py",
  absPath: "/app/recommender/features.py",
  module: "recommender.features",
  firstLine: 48,
  text: `def load_features(customer_id, store):
    """The newest feature vector of a customer."""
    row = store.get(customer_id)
    try:
        vector = row["vector_v2"]
    except KeyError as error:
        raise FeatureMissing(f"customer {customer_id} has no vector_v2") from error
    return np.frombuffer(vector, dtype=np.float32)`,
};

const TASKS: Source = {
  filename: "recommender/tasks.py",
  absPath: "/app/recommender/tasks.py",
  module: "recommender.tasks",
  firstLine: 21,
  text: `@app.task(bind=True, max_retries=3)
def recommend(self, customer_id):
    features = load_features(customer_id, store)
    candidates = index.nearest(features, k=200)
    ranked = rank(candidates, features)
    save_ranking(customer_id, ranked)


@app.task
def rebuild_index(batch):
    rows = fetch_products(batch)
    return index.rebuild(rows)`,
};

const RANKING: Source = {
  filename: "recommender/ranking.py",
  absPath: "/app/recommender/ranking.py",
  module: "recommender.ranking",
  firstLine: 12,
  text: `def rank(candidates, features):
    scores = [score(each, features) for each in candidates]
    mean = sum(scores) / len(scores)
    return sorted(zip(candidates, scores), key=lambda pair: mean - pair[1])`,
};

const STORAGE: Source = {
  filename: "recommender/storage.py",
  absPath: "/app/recommender/storage.py",
  module: "recommender.storage",
  firstLine: 63,
  text: `def save_ranking(customer_id, ranked):
    key = f"ranking:{customer_id}"
    payload = msgpack.packb([sku for sku, _ in ranked[:50]])
    cache.set(key, payload, ex=RANKING_SECONDS)


def fetch_products(batch):
    with pool.connection() as connection:
        return connection.execute(PRODUCTS_OF_BATCH, (batch,)).fetchall()`,
};

const CELERY = {
  filename: "celery/app/trace.py",
  abs_path: "/usr/lib/python3.13/site-packages/celery/app/trace.py",
  module: "celery.app.trace",
};
const REDIS = {
  filename: "redis/connection.py",
  abs_path: "/usr/lib/python3.13/site-packages/redis/connection.py",
  module: "redis.connection",
};
const POOL = {
  filename: "psycopg_pool/pool.py",
  abs_path: "/usr/lib/python3.13/site-packages/psycopg_pool/pool.py",
  module: "psycopg_pool.pool",
};
const SOCKET = { filename: "socket.py", abs_path: "/usr/lib/python3.13/socket.py", module: "socket" };

const celeryCall = libraryFrame(CELERY, "trace_task", 453);
const TASK_EXTRA = {
  "celery-job": { task_name: "recommender.tasks.recommend", args: ["{{customer}}"], kwargs: {}, task_id: "{{uuid}}" },
};

export const recommender: Service = {
  name: "recommender",
  platform: "python",
  sdk: {
    name: "sentry.python",
    version: "2.44.0",
    packages: [{ name: "pypi:sentry-sdk", version: "2.44.0" }],
    integrations: ["argv", "celery", "dedupe", "excepthook", "logging", "modules", "redis", "stdlib", "threading"],
  },
  wire: { auth: "header", gzip: true },
  style: { times: "iso", lists: "values" },
  hosts: ["celery@worker-01", "celery@worker-02"],
  releases: ["recommender@1.9.0", "recommender@1.8.7"],
  contexts: [
    {
      runtime: { name: "CPython", version: "3.13.9", build: "3.13.9 (main, Oct 14 2026)" },
      os: { name: "Linux", version: "6.12.48" },
    },
  ],
  breadcrumbs: [
    { category: "celery", message: "Task recommender.tasks.recommend[{{uuid}}] received" },
    {
      category: "redis",
      message: "GET 'features:{{customer}}'",
      data: { "redis.command": "GET", "redis.key": "features:{{customer}}" },
    },
    { category: "redis", message: "SET 'ranking:{{customer}}'", data: { "redis.command": "SET" } },
    { category: "query", message: "SELECT sku, vector FROM products WHERE batch = %s" },
    { category: "recommender.index", message: "index searched in {{millis}} ms" },
    { category: "recommender.tasks", level: "warning", message: "retrying customer {{customer}}" },
    { category: "httplib", type: "http", data: { url: "http://inventory/stock", method: "GET", status_code: 200 } },
  ],
  modules: { celery: "5.5.3", redis: "7.0.1", numpy: "2.3.4", "psycopg-pool": "3.2.7" },
  problems: [
    {
      key: "feature-missing",
      weight: 33,
      level: "error",
      transaction: "recommender.tasks.recommend",
      exceptions: causeChain(
        "__cause__",
        {
          type: "KeyError",
          value: "'vector_v2'",
          ...stack(
            appFrame(FEATURES, "load_features", 'row["vector_v2"]', {
              customer_id: "{{customer}}",
              row: { vector_v1: "b'...'" },
            }),
          ),
        },
        {
          type: "FeatureMissing",
          module: "recommender.features",
          value: "customer {{customer}} has no vector_v2",
          ...unhandled("celery"),
          ...stack(
            celeryCall,
            appFrame(TASKS, "recommend", "load_features(customer_id", {
              customer_id: "{{customer}}",
              self: "<@task: recommender.tasks.recommend>",
            }),
            appFrame(FEATURES, "load_features", "raise FeatureMissing", { customer_id: "{{customer}}" }),
          ),
        },
      ),
      extra: TASK_EXTRA,
      tags: { queue: "recommend" },
    },
    {
      key: "redis-timeout",
      weight: 20,
      level: "error",
      transaction: "recommender.tasks.recommend",
      exceptions: causeChain(
        "__context__",
        {
          type: "TimeoutError",
          value: "timed out",
          ...stack(libraryFrame(REDIS, "_connect", 782), libraryFrame(SOCKET, "create_connection", 864)),
        },
        {
          type: "TimeoutError",
          module: "redis.exceptions",
          value: "Timeout connecting to server redis-{{count}}.cache.internal:6379",
          ...unhandled("celery"),
          ...stack(
            celeryCall,
            appFrame(TASKS, "recommend", "save_ranking(customer_id", { customer_id: "{{customer}}" }),
            appFrame(STORAGE, "save_ranking", "cache.set(key", { key: "'ranking:{{customer}}'" }),
            libraryFrame(REDIS, "connect", 381),
          ),
        },
      ),
      extra: TASK_EXTRA,
      tags: { queue: "recommend" },
      comesInBursts: true,
    },
    {
      key: "pool-timeout",
      weight: 10,
      level: "error",
      transaction: "recommender.tasks.rebuild_index",
      hasNoUser: true,
      exceptions: [
        {
          type: "PoolTimeout",
          module: "psycopg_pool",
          value: "couldn't get a connection after 30.00 sec",
          ...unhandled("celery"),
          ...stack(
            celeryCall,
            appFrame(TASKS, "rebuild_index", "fetch_products(batch)", { batch: "{{batch}}" }),
            appFrame(STORAGE, "fetch_products", "pool.connection()", { batch: "{{batch}}" }),
            libraryFrame(POOL, "getconn", 206),
          ),
        },
      ],
    },
    {
      key: "nothing-to-rank",
      weight: 4,
      level: "error",
      transaction: "recommender.tasks.recommend",
      exceptions: [
        {
          type: "ZeroDivisionError",
          value: "division by zero",
          ...handled("logging"),
          ...stack(
            celeryCall,
            appFrame(TASKS, "recommend", "rank(candidates", { candidates: [], customer_id: "{{customer}}" }),
            appFrame(RANKING, "rank", "/ len(scores)", { candidates: [], scores: [] }),
          ),
        },
      ],
      logger: "recommender.tasks",
      extra: TASK_EXTRA,
    },
    {
      key: "slow-rebuild",
      weight: 7,
      level: "warning",
      transaction: "recommender.tasks.rebuild_index",
      hasNoUser: true,
      logger: "recommender.index",
      logentry: {
        message: "index of batch %s rebuilt in %s ms, slower than planned",
        params: ["{{batch}}", "{{slow}}"],
        formatted: "index of batch {{batch}} rebuilt in {{slow}} ms, slower than planned",
      },
    },
  ],
};
