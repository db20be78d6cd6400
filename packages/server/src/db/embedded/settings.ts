/** As postgres options. For a small machine that may do other things too. */
export function serverSettings({ socketDir, fast }: { socketDir: string; fast: boolean }): string[] {
  const settings = {
    ...SETTINGS,
    unix_socket_directories: socketDir,
    ...(fast ? FAST_SETTINGS : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The number in the socket file's name. There is no TCP port. */
export const SOCKET_PORT = 5432;

const SETTINGS = {
  // Nothing is reachable over a network: who may enter the socket's folder may use the database.
  listen_addresses: "",
  port: SOCKET_PORT,
  unix_socket_permissions: "0700",
  // Three nodes and their queues on one machine (`npm run cluster`) hold up to 60.
  max_connections: 100,

  fsync: "on",
  synchronous_commit: "on",
  shared_buffers: "128MB",
  effective_cache_size: "1GB",
  max_wal_size: "2GB",
  wal_compression: "pglz",
  // A new file of the log would be 16 MiB of zeros brought to the disk at once, while answers wait for the journal's few
  // kilobytes beside it; until a checkpoint gives files back to be used again, all of the log would be written twice.
  wal_init_zero: "off",
  // What COPY writes, the kernel would keep for 30 s and then bring to the disk at once, 200 ms in which answers wait for the journal.
  backend_flush_after: "256kB",
  random_page_cost: "1.1",
  jit: "off",
  // Containers give 64 MB of shared memory, which parallel plans exceed.
  max_parallel_workers_per_gather: 0,
  max_parallel_maintenance_workers: 0,

  // Counters change with every batch: small tables that must be cleaned often, not by the default of a fifth.
  autovacuum_naptime: "20s",
  autovacuum_max_workers: 2,
  autovacuum_vacuum_scale_factor: "0.05",
  autovacuum_analyze_scale_factor: "0.05",

  timezone: "UTC",
  log_timezone: "UTC",
  lc_messages: "C",
  // No customer's data in the log file: no statements, no values.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
  log_checkpoints: "off",
} as const;

/** Loses everything in a power cut, nothing when processes are killed. For tests, of which several start clusters at once. */
const FAST_SETTINGS = { fsync: "off", full_page_writes: "off", max_connections: 400 } as const;
