/** What lies around the bars of a chart, in pixels: room for the names of the axes. */
export const MARGIN = { left: 38, right: 2, top: 18, bottom: 22 } as const;
