/** The directions of ARCHITECTURE.md as rules. `scripts/check-architecture.ts` runs them, and plants a violation of each. */
const SERVER = "^packages/server/src";
const EDGES = `${SERVER}/(ingest|api|live|jobs|cluster)/`;
const DOMAIN = `${SERVER}/(alerts|deliveries|issues|events|releases|search|dashboards|organizations|people)/`;
const LOADED_WHEN_NEEDED = [
  `${SERVER}/people/(better-auth|passkeys)\\.ts$`,
  "^packages/cluster/src/(moleculer|nats-wire)\\.ts$",
];

module.exports = {
  forbidden: [
    {
      name: "no-unresolvable",
      severity: "error",
      comment: "An import that cannot be resolved slips past every other rule.",
      from: { path: "^(packages|bench|scripts)/" },
      to: { couldNotResolve: true },
    },
    { name: "no-circular", severity: "error", comment: "Modules form a tree.", from: {}, to: { circular: true } },
    {
      name: "edges-know-no-edge",
      severity: "error",
      comment:
        "Edges do not know each other; server.ts introduces them. Reading an event back uses the same pure rules as storing it.",
      from: { path: `${SERVER}/(ingest|api|live|jobs|cluster)/` },
      to: {
        path: EDGES,
        pathNot: [
          `${SERVER}/$1/`,
          `${SERVER}/ingest/(normalize|group|scrub|filter)/`,
          `${SERVER}/ingest/event-json\\.ts$`,
          `${SERVER}/ingest/journal/journal\\.queries\\.ts$`,
        ],
      },
    },
    {
      name: "domain-knows-no-edge",
      severity: "error",
      comment: "Edges call the domain, never the other way round.",
      from: { path: DOMAIN },
      to: { path: [EDGES, `${SERVER}/(main|server|welcome)\\.ts$`] },
    },
    {
      name: "domain-knows-no-http",
      severity: "error",
      comment: "The domain knows neither HTTP nor the cluster.",
      from: { path: DOMAIN },
      to: { path: ["^(node:)?https?$", "node_modules/(fastify|ws|moleculer)/", "^packages/cluster/"] },
    },
    {
      name: "pure-stays-pure",
      severity: "error",
      comment:
        "normalize, group, scrub and filter are functions of their arguments. Of node:net, ip-range.ts uses what knows addresses.",
      from: {
        path: `${SERVER}/ingest/(normalize|group|scrub|filter)/`,
        pathNot: ["\\.test\\.ts$", "/filter/ip-range\\.ts$"],
      },
      to: {
        path: [
          `${SERVER}/(db|runtime|api|jobs|organizations|people|alerts|deliveries|issues|events|releases|dashboards)/`,
          "node_modules/",
          "^(node:)?(fs|net|http|https|child_process|worker_threads)$",
        ],
      },
    },
    {
      name: "only-db-imports-pg",
      severity: "error",
      comment: "The driver is known in one folder.",
      from: { pathNot: [`${SERVER}/db/`, "^bench/", "^packages/testkit/"] },
      to: { path: "node_modules/(pg|pg-copy-streams|@types/pg)/" },
    },
    {
      name: "one-way-out",
      severity: "error",
      comment:
        "Requests to addresses that people typed in pass the guard, mail goes where deliveries send it, and jobs are queued by db/.",
      from: {
        path: "^packages/(?!testkit/)",
        pathNot: [`${SERVER}/deliveries/(outbound|mail)/`, `${SERVER}/db/`, "\\.test\\.ts$"],
      },
      to: { path: "node_modules/(undici|nodemailer|graphile-worker)/" },
    },
    {
      name: "loaded-when-needed",
      severity: "error",
      comment:
        "20 MiB and half a second each: a node alone that nobody signs in to does without them (`await import`).",
      from: { path: "^packages/(server|cluster)/src/", pathNot: [...LOADED_WHEN_NEEDED, "\\.test\\.ts$"] },
      to: {
        path: [...LOADED_WHEN_NEEDED, "node_modules/(better-auth|@better-auth|moleculer|@nats-io)/"],
        dynamic: false,
        dependencyTypesNot: ["type-only"],
      },
    },
    {
      name: "db-and-runtime-know-no-domain",
      severity: "error",
      comment: "No table and no domain word in them.",
      from: { path: `${SERVER}/(db|runtime)/` },
      to: { path: [EDGES, DOMAIN] },
    },
    {
      name: "protocol-uses-nobody",
      severity: "error",
      comment: "What travels between programs also runs in a browser.",
      from: { path: "^packages/protocol/src/", pathNot: "\\.test\\.ts$" },
      to: {
        path: [
          "^packages/(?!protocol/)",
          "^bench/",
          "^(node:)?(fs|path|net|http|https|crypto|zlib|buffer|child_process|worker_threads|os|util|url|stream|events)$",
        ],
      },
    },
    {
      name: "cluster-uses-nobody",
      severity: "error",
      comment: "No word of errors in it.",
      from: { path: "^packages/cluster/", pathNot: "\\.test\\.ts$" },
      to: { path: ["^packages/(?!cluster/)", "^bench/"] },
    },
    {
      name: "web-and-cli-speak-protocol",
      severity: "error",
      comment: "What they need of the server travels over HTTP.",
      from: { path: "^packages/(web|cli)/", pathNot: "\\.test\\.ts$" },
      to: { path: "^packages/(?!web/|cli/|protocol/)" },
    },
    {
      name: "testkit-is-for-tests",
      severity: "error",
      comment: "Test helpers never end up in production.",
      from: { pathNot: ["\\.test\\.ts$", "^packages/testkit/", "^bench/", "^scripts/", "/test/"] },
      to: { path: "^packages/testkit/" },
    },
    {
      name: "packages-by-name",
      severity: "error",
      comment: "A package is entered by its front door.",
      from: { path: "^packages/([^/]+)/" },
      to: { path: "^packages/(?!$1/)[^/]+/src/(?!(index|testing|settings)\\.ts$)", dependencyTypesNot: ["npm"] },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default"],
      extensions: [".ts", ".tsx", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
