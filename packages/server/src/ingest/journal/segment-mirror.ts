/** Where else a journal's segments are written while they are written here. */
export interface SegmentMirror {
  /**
   * Resolves when the bytes are on the disks of those that keep a copy, or when it has given up on who does not answer.
   * Never rejects.
   */
  write(segment: number, offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /** All records of the segment are stored. */
  drop(segment: number): void;
}
