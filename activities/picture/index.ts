/** What was measured of an appliance and what was recognised in it, kept small and ready to be drawn. */
export * from './picture.js';
