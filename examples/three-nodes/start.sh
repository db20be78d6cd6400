#!/usr/bin/env bash
# Three nodes of one cluster on this machine: each is `npm start` with an environment of its own. Ctrl-C ends them.
set -euo pipefail
cd "$(dirname "$0")/../.."

: "${DATABASE_URL:?is not set: the PostgreSQL of all three, postgresql://user:password@host/database}"
: "${MESHER_COOKIE:?is not set: at least 16 characters that the nodes know and nobody else, openssl rand -hex 24}"
: "${MESHER_BOOTSTRAP_TOKEN:?is not set: the API token of the owner, the same on all nodes, mshr_ and openssl rand -hex 24}"
export DATABASE_URL MESHER_COOKIE MESHER_BOOTSTRAP_TOKEN

# Of the balancer; the ports of the nodes are counted from it.
port=${THREE_NODES_PORT:-8100}
data=${MESHER_DATA_DIR:-$PWD/data}/three-nodes
export MESHER_PUBLIC_URL=${MESHER_PUBLIC_URL:-http://localhost:$port}
# The balancer says whose request it is.
export MESHER_TRUSTED_PROXIES=${MESHER_TRUSTED_PROXIES:-127.0.0.1}

npm run --silent build

nodes=()
stop() {
  trap - EXIT INT TERM
  kill "${nodes[@]}" 2>/dev/null || true
  wait
}
trap stop EXIT
trap 'stop; exit 0' INT TERM

for n in 1 2 3; do
  # One peer that is reachable is enough: whoever is met tells of the others.
  MESHER_NODE_NAME="mesher$n@127.0.0.1:$((port + 1000 + n))" \
    MESHER_PEERS="mesher$((n % 3 + 1))@127.0.0.1:$((port + 1000 + n % 3 + 1))" \
    MESHER_HTTP_PORT=$((port + n)) \
    MESHER_WS_PORT=$((port + 100 + n)) \
    MESHER_DATA_DIR="$data/mesher$n" \
    npm start --silent &
  nodes+=($!)
done
# The others go on without one that ends.
for _ in "${nodes[@]}"; do
  wait -n || true
  echo "A node has ended." >&2
done
