/** Which lanes of an edition with so many views one thread reads, by number from 0. */
export type LanesHere = (views: number) => readonly number[];

/**
 * Up to so many views the lanes of an edition have a thread each: one view was written a tenth faster in the median. With 200, two threads
 * kept both cores from everybody else, and the furthest view came 3.8 to 5.9 s behind instead of 1.9 (ADR 037).
 */
const APART_UP_TO_VIEWS = 10;

const all = (lanes: number): number[] => Array.from({ length: lanes }, (_, lane) => lane);

/** Every lane. */
export const allLanes = (lanes: number): LanesHere => {
  const every = all(lanes);
  return () => every;
};

/** The first lane, and where an edition has many views every other one too. */
export const lanesOfFirst = (lanes: number): LanesHere => {
  const every = all(lanes);
  return (views) => (views > APART_UP_TO_VIEWS ? every : every.slice(0, 1));
};

/** One lane more, where an edition has few views. */
export const laneBeside =
  (lane: number): LanesHere =>
  (views) =>
    views > APART_UP_TO_VIEWS ? [] : [lane];
