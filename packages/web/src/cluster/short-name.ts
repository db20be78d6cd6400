/** `mesher1` of `mesher1@10.0.0.1:9000`; a node that stands alone has no name. */
export function shortName(name: string): string {
  return name === "" ? "this node" : (name.split("@")[0] ?? name);
}
