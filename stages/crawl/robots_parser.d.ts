/** Rules parsed from one robots.txt; the package's own types describe its export as ESM, it is CJS. */
interface Robots {
  isAllowed(url: string, agent: string): boolean | undefined;
  /** Seconds. */
  getCrawlDelay(agent: string): number | undefined;
  getSitemaps(): string[];
}

export default function robotsParser(url: string, text: string): Robots;
