import { type Field, type Fields, invalid, keepEnds, mapFields, mapList, text, textOrJson } from "./fields.ts";
import { freeMap } from "./free-value.ts";
import { isEmpty, isJsonObject } from "./json.ts";
import { parseLevel } from "./level.ts";
import { BREADCRUMBS_MAX, MESSAGE_LENGTH_MAX, TEXT_LENGTH_MAX } from "./limits.ts";
import { parseTimestampMs, senderTimestamp } from "./timestamp.ts";
import { values } from "./values.ts";

/** The breadcrumbs of an event, the oldest first. The newest stay, since they lead to what failed. */
export const breadcrumbs: Field = values((list, pass) =>
  mapList(keepEnds(inOrderOfTime(list), 0, BREADCRUMBS_MAX, pass), breadcrumb, pass),
);

/** SDKs that merge the breadcrumbs of several threads or scopes do not sort them. One without a time stays behind the one before it. */
function inOrderOfTime(list: readonly unknown[]): readonly unknown[] {
  let latestMs = Number.NEGATIVE_INFINITY;
  let isInOrder = true;
  const timesMs = list.map((each) => {
    const timeMs = isJsonObject(each) ? parseTimestampMs(each.timestamp) : undefined;
    if (timeMs !== undefined) {
      isInOrder &&= timeMs >= latestMs;
      latestMs = timeMs;
    }
    return latestMs;
  });
  if (isInOrder) return list;
  // By subtraction two that are minus infinity would be NaN.
  const order = [...timesMs.keys()].toSorted((a, b) => compare(timesMs[a] ?? 0, timesMs[b] ?? 0));
  return order.map((index) => list[index]);
}

const compare = (a: number, b: number) => (a < b ? -1 : a > b ? 1 : 0);

const breadcrumb: Field = (value, pass) => {
  if (typeof value === "string") return breadcrumb({ message: value }, pass);
  if (!isJsonObject(value)) return invalid(value, pass);
  const fine = mapFields(value, BREADCRUMB_FIELDS, pass);
  return isEmpty(fine) ? undefined : fine;
};

/** `critical` and `log` are levels of breadcrumbs in their own right. */
const breadcrumbLevel: Field = (value, pass) =>
  value === "critical" || value === "log" ? value : (parseLevel(value) ?? invalid(value, pass));

const BREADCRUMB_FIELDS: Fields = new Map<string, Field>([
  ["timestamp", senderTimestamp],
  ["type", text(TEXT_LENGTH_MAX)],
  ["category", text(TEXT_LENGTH_MAX)],
  ["level", breadcrumbLevel],
  ["message", textOrJson(MESSAGE_LENGTH_MAX)],
  ["data", freeMap("breadcrumbs")],
]);
