/** A page of documentation with a table of what survives. */
export interface Page {
  introduction: string;
  columns: readonly string[];
  /** Each breaks something, and gives its cells. */
  rows: readonly (() => Promise<(string | number)[]>)[];
  remarks: string;
  close(): Promise<void>;
}
