/**
 * What robots call themselves, in small letters. Follows relay's list (`relay-filter/src/web_crawlers.rs`), with the readers of
 * language models added from what their makers document (GPTBot and the like end in "bot/", as most robots do).
 */
const NAMES = [
  "mediapartners-google",
  "adsbot-google",
  "googlebot",
  "feedfetcher-google",
  "bingbot",
  "bingpreview",
  "baiduspider",
  "slurp",
  "sogou",
  "facebookexternalhit",
  "facebot",
  "meta-external",
  "ia_archiver",
  "slack-imgproxy",
  "slackbot-linkexpanding",
  "calypso appcrawler",
  "pingdom",
  "lyticsbot",
  "aws security scanner",
  "hubspot crawler",
  "bytespider",
  "better uptime",
  "chatgpt-user",
  "perplexity-user",
];

/** "…bot/2.1", "…bots)", "…spider;" and the like. */
const GENERIC = /(?:bots?|spider|crawler)(?:[/\s);]|$)/;

/** Reports of these are wanted: people talk to them (https://api.slack.com/robots). */
const WELCOME = /^slackbot 1\.\d+/;

export function isWebCrawler(userAgent: string): boolean {
  const agent = userAgent.toLowerCase();
  if (WELCOME.test(agent)) return false;
  return NAMES.some((name) => agent.includes(name)) || GENERIC.test(agent);
}
