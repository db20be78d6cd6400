/** A page of a list in keyset order. Pass `next_cursor` and `next_cursor_id` back as `cursor` and `cursor_id`. */
export interface ApiPage<Row> {
  readonly data: readonly Row[];
  readonly has_more: boolean;
  readonly next_cursor?: string;
  readonly next_cursor_id?: string;
}
