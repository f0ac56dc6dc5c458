/**
 * Questions about the sample corpus with their answers, made by rule from its catalog alone: who spoke
 * in which year, and who followed whom. One way to ask of each fact is kept for the examination, so
 * that an answer there is not one that was learned by the letter.
 *
 * @module
 */
import type { Address } from "./catalog.ts";

/** A question and its one answer. */
export interface Question {
  readonly question: string;
  readonly answer: string;
}

const BY_YEAR: readonly ((year: number) => string)[] = [
  (year) => `Who gave the State of the Union address in ${year}?`,
  (year) => `Which president spoke to Congress in ${year}?`,
  (year) => `Who was president in ${year}?`,
  (year) => `In ${year}, who reported on the state of the Union?`,
];

const BY_PRESIDENT: readonly ((name: string) => string)[] = [
  (name) => `Which president followed ${name}?`,
  (name) => `Who came after ${name}?`,
  (name) => `Who was the next president after ${name}?`,
];

/** Questions to learn and others, of the same facts, to be examined by. */
export function questionsOf(
  addresses: readonly Address[],
): { learned: Question[]; examined: Question[] } {
  const learned: Question[] = [];
  const examined: Question[] = [];
  const ask = <T>(ways: readonly ((of: T) => string)[], of: T, answer: string, at: number) => {
    ways.forEach((way, number) => {
      const one = { question: way(of), answer };
      if (number === at % ways.length) examined.push(one);
      else learned.push(one);
    });
  };
  const byYear = Map.groupBy(addresses, ({ year }) => year);
  const unique = [...byYear].filter(([, all]) =>
    new Set(all.map(({ president }) => president)).size === 1
  );
  unique.forEach(([year, all], at) => ask(BY_YEAR, year, `${all[0]?.president}.`, at));
  const inOrder = [...addresses].sort((a, b) => a.year - b.year).map(({ president }) => president)
    .filter((name, at, all) => name !== all[at - 1]);
  inOrder.forEach((name, at) => {
    const next = inOrder[at + 1];
    const isUnique = inOrder.indexOf(name) === inOrder.lastIndexOf(name);
    if (next !== undefined && isUnique) ask(BY_PRESIDENT, name, `${next}.`, at);
  });
  return { learned, examined };
}
