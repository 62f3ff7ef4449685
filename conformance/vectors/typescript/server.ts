// A small correct server, which the vectors are run against.

import type { Answer, CatalogueImage, Server } from "./runner";

type Filters = Record<string, string[]>;

class Mistake extends Error {}

const NEVER = -62135596800;
const SINCE: Record<string, number> = { dangling: 0, label: 0, before: 24, since: 24, reference: 25, until: 44 };
const JSON_TYPE = "application/json";

/** Returns a server that holds the images of a catalogue. */
export function hold(catalogue: CatalogueImage[]): Server {
  const images = [...catalogue].sort((a, b) => date(b) - date(a));
  return (version, raw) => {
    const minor = Number(version.slice(2));
    try {
      const rows = list(images, minor, parameters(raw));
      return { status: 200, mediaType: JSON_TYPE, body: JSON.stringify(rows) };
    } catch (error) {
      if (error instanceof Mistake) return refuse(error.message, minor);
      throw error;
    }
  };
}

function refuse(message: string, minor: number): Answer {
  return minor < 24
    ? { status: 400, mediaType: "text/plain; charset=utf-8", body: `${message}\n` }
    : { status: 400, mediaType: JSON_TYPE, body: JSON.stringify({ message }) };
}

/** Returns the first value of each parameter. */
function parameters(raw: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of raw.split("&").filter((each) => each)) {
    const [name, ...value] = pair.split("=");
    const decoded = [decode(name!), decode(value.join("="))] as const;
    if (!found.has(decoded[0])) found.set(...decoded);
  }
  return found;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new Mistake(`invalid URL escape in ${text}`);
  }
}

function list(images: CatalogueImage[], minor: number, query: Map<string, string>) {
  const filters = parseFilters(query.get("filters") ?? "", minor);
  if (minor >= 54 && query.has("identity") && !query.has("manifests")) throw new Mistake("identity needs manifests");
  const tests = times(images, filters);
  const name = minor < 41 ? query.get("filter") : "";
  const patterns = name ? [name] : filters["reference"];
  const parents = new Set(images.map((image) => image.parent));
  return images
    .filter((image) => tests.every((test) => test(image)) && hasLabels(image, filters["label"] ?? []))
    .map((image) => (patterns ? narrow(image, patterns, minor) : image))
    .filter((image) => isListed(image, query, filters, parents.has(image.id), patterns !== undefined))
    .map((image) => render(image, images, minor, query));
}

function parseFilters(text: string, minor: number): Filters {
  if (!text) return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Mistake(`filters is not JSON: ${text}`);
  }
  if (value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Mistake("filters is no object");
  const entries: [string, unknown][] = Object.entries(value);
  const lists = entries.every(([, each]) => Array.isArray(each) && each.every((item) => typeof item === "string"));
  const maps = entries.every(
    ([, each]) =>
      typeof each === "object" && each && !Array.isArray(each) && Object.values(each).every((item) => typeof item === "boolean"),
  );
  if (!lists && !maps) throw new Mistake("filters is neither a map of lists nor a map of maps");
  const filters = Object.fromEntries(entries.map(([key, each]) => [key, lists ? (each as string[]) : Object.keys(each as object)]));
  for (const key of Object.keys(filters)) {
    if (minor < (SINCE[key] ?? Infinity)) throw new Mistake(`invalid filter ${key}`);
  }
  const dangling = filters["dangling"] ?? [];
  if (dangling.length && !dangling.includes("true") && !dangling.includes("false")) {
    throw new Mistake(`invalid filter dangling=${dangling}`);
  }
  return filters;
}

const date = (image: CatalogueImage) => image.created ?? NEVER;
const isTrue = (text = "") => !["", "0", "no", "false", "none"].includes(text.trim().toLowerCase());
const names = (image: CatalogueImage) => [...(image.tags ?? []), ...(image.digests ?? [])];

function isNamed(image: CatalogueImage, name: string): boolean {
  const known = names(image);
  const isId = name === image.id || (name.length >= 12 && image.id.slice(7).startsWith(name));
  return known.includes(name) || known.includes(`${name}:latest`) || isId;
}

/** Returns what before, since and until admit. */
function times(images: CatalogueImage[], filters: Filters): ((image: CatalogueImage) => boolean)[] {
  const sides = [["before", -1] as const, ["since", 1] as const].flatMap(([key, sign]) =>
    (filters[key] ?? []).map((name) => {
      const other = images.find((image) => isNamed(image, name));
      if (!other) throw new Mistake(`no such image: ${name}`);
      return (image: CatalogueImage) => (date(image) - date(other)) * sign > 0;
    }),
  );
  const until = (filters["until"] ?? []).map((text) => {
    const instant = parseTime(text);
    return (image: CatalogueImage) => date(image) < instant;
  });
  return [...sides, ...until];
}

/** Returns Unix time in seconds. */
function parseTime(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  if (/^(\d+(\.\d+)?(h|ms|m|us|ns|s))+$/.test(text)) {
    const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 };
    const parts = text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|us|ns|s)/g);
    const passed = [...parts].map(([, count, unit]) => Number(count) * units[unit!]!);
    return Date.now() / 1000 - passed.reduce((sum, each) => sum + each, 0);
  }
  const form = /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text);
  const milliseconds = form ? Date.parse(form[1] && !form[3] ? `${text}Z` : text) : NaN;
  if (Number.isNaN(milliseconds)) throw new Mistake(`${text} is no time`);
  return milliseconds / 1000;
}

function hasLabels(image: CatalogueImage, conditions: string[]): boolean {
  const labels = new Map(Object.entries(image.labels ?? {}));
  return conditions.every((condition) => {
    const at = condition.indexOf("=");
    return at < 0 ? labels.has(condition) : labels.get(condition.slice(0, at)) === condition.slice(at + 1);
  });
}

/** Returns the image with the names that one of the patterns admits. */
function narrow(image: CatalogueImage, patterns: string[], minor: number): CatalogueImage {
  const admits = (reference: string) => patterns.some((pattern) => matches(pattern, reference, minor));
  return { ...image, tags: image.tags?.filter(admits), digests: image.digests?.filter(admits) };
}

function matches(pattern: string, reference: string, minor: number): boolean {
  if (minor < 25 && /:[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(pattern)) return pattern === reference;
  const expression = globToExpression(pattern);
  const repository = reference.replace(/(@.*|:[^:/]*)$/, "");
  return expression.test(repository) || (minor >= 25 && expression.test(reference));
}

function globToExpression(pattern: string): RegExp {
  const parts = pattern.match(/\\.|\[\^?[^\]]+\]|[^]/gs) ?? [];
  const written = parts.map((part) => {
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    if (part.startsWith("[") && part.length > 1) return part;
    return part.replace(/^\\(?=.)/s, "").replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${written.join("")}$`, "su");
}

function isListed(
  image: CatalogueImage,
  query: Map<string, string>,
  filters: Filters,
  isParent: boolean,
  byName: boolean,
): boolean {
  const named = names(image).length > 0;
  if (byName && !named) return false;
  if (filters["dangling"]?.includes("true")) return !named && !isParent;
  if (filters["dangling"]?.includes("false")) return named;
  return named || !isParent || isTrue(query.get("all"));
}

function render(image: CatalogueImage, images: CatalogueImage[], minor: number, query: Map<string, string>) {
  const untagged = minor < 43 && !names(image).length;
  return {
    Id: image.id,
    ParentId: image.parent ?? "",
    RepoTags: untagged ? ["<none>:<none>"] : (image.tags ?? []),
    RepoDigests: untagged ? ["<none>@<none>"] : (image.digests ?? []),
    Created: date(image),
    Size: image.size,
    ...(minor < 44 && { VirtualSize: image.size }),
    Labels: image.labels ?? null,
    ...(minor >= 25 && {
      SharedSize: minor >= 42 && isTrue(query.get("shared-size")) ? sharedSize(image, images) : -1,
      Containers: minor >= 51 ? (image.containers ?? 0) : -1,
    }),
  };
}

/** Returns the size of the layers that other images have as well. */
function sharedSize(image: CatalogueImage, images: CatalogueImage[]): number {
  const layers = images.flatMap((each) => each.layers ?? []).map((layer) => layer.digest);
  const shared = (image.layers ?? []).filter((layer) => layers.filter((each) => each === layer.digest).length > 1);
  return shared.reduce((sum, layer) => sum + layer.size, 0);
}
