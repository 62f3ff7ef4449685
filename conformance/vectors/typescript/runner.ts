// Runs Muster's test vectors of List Images against a server, in process.

export interface Answer {
  status: number;
  mediaType: string;
  body: string;
}

/** Answers a query of GET /images/json, percent-encoded, at an API version such as 1.44. */
export type Server = (version: string, query: string) => Answer;

/** An image that the server holds. Members that are not there are empty, or 0. */
export interface CatalogueImage {
  name: string;
  id: string;
  parent?: string;
  tags?: string[];
  digests?: string[];
  created: number | null;
  size: number;
  labels?: Record<string, string>;
  layers?: { digest: string; size: number }[];
  containers?: number;
}

type Row = Record<string, unknown>;
interface Request {
  query: string;
}
interface Rule {
  values?: unknown[];
  minimum?: number;
  contains?: string[];
  absent?: boolean;
}
interface Alternative {
  images?: string[];
  optional?: string[];
  members?: Record<string, Record<string, Rule>>;
  ordered?: boolean;
  same?: Request[];
  error?: [number, number];
  media?: string;
  message?: boolean;
}
interface Vector {
  id: string;
  level: string;
  rule: string;
  catalogue: string;
  since: string;
  until?: string;
  request: Request;
  expect: Alternative[];
}
export interface Topic {
  catalogues: Record<string, CatalogueImage[]>;
  vectors: Vector[];
}

/** Returns how a server departs from the vectors of a topic, and how often it was asked. */
export function run(topic: Topic, versions: string[], hold: (images: CatalogueImage[]) => Server) {
  const departures: string[] = [];
  let asked = 0;
  for (const vector of topic.vectors) {
    const images = topic.catalogues[vector.catalogue]!;
    const server = hold(images);
    for (const version of versions) {
      if (version < vector.since || version > (vector.until ?? version)) continue;
      asked++;
      const ask = (request: Request) => server(version, request.query);
      const found = vector.expect.map((each) => judge(each, images, ask(vector.request), ask));
      if (!found.includes("")) {
        departures.push(`${vector.level} ${vector.id} at API ${version}: ${found.join("; or: ")} (${vector.rule})`);
      }
    }
  }
  return { departures, asked };
}

function judge(expected: Alternative, images: CatalogueImage[], answer: Answer, ask: (r: Request) => Answer): string {
  const got = `got ${answer.status} ${answer.mediaType} ${answer.body.slice(0, 300)}`;
  if (expected.error) {
    const [low, high] = expected.error;
    const isError = answer.status >= low && answer.status <= high;
    const accepted = !expected.media || mediaType(answer) === expected.media;
    return isError && accepted && (!expected.message || message(answer)) ? "" : `expected an error, ${got}`;
  }
  const rows = listing(answer);
  if (!rows) return `expected a listing, ${got}`;
  const names = rows.map((row) => images.find((image) => [image.id, image.id.slice(7)].includes(String(row.Id)))?.name);
  const same = expected.same?.flatMap((request) => listing(ask(request)) ?? []);
  if (same) {
    const ids = (some: Row[]) => text([...new Set(some.map((row) => row.Id))]);
    return ids(rows) === ids(same) ? "" : `other images than those of ${text(expected.same)}: ${got}`;
  }
  for (const [at, name] of names.entries()) {
    if (!name || !expected.images?.includes(name) || names.indexOf(name) < at) {
      return `not expected, or twice: ${text(rows[at])}`;
    }
    for (const [member, rule] of Object.entries(expected.members?.[name] ?? {})) {
      if (!admits(rule, rows[at]!, member)) return `${member} of ${name} is ${text(rows[at]![member])}`;
    }
    if (expected.ordered && at > 0 && Number(rows[at]!.Created) > Number(rows[at - 1]!.Created)) {
      return `${name} stands behind an older image`;
    }
  }
  const missing = expected.images?.filter((name) => !names.includes(name) && !expected.optional?.includes(name));
  return missing?.length ? `missing: ${missing.join(", ")}` : "";
}

function admits(rule: Rule, row: Row, member: string): boolean {
  if (!(member in row)) return rule.absent ?? false;
  const value = row[member];
  return (
    (rule.values ?? []).some((each) => text(each) === text(value)) ||
    (rule.minimum !== undefined && Number.isInteger(value) && Number(value) >= rule.minimum) ||
    (rule.contains?.every((part) => text(value).includes(part)) ?? false)
  );
}

const mediaType = (answer: Answer) => answer.mediaType.split(";")[0]!.trim().toLowerCase();

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function message(answer: Answer): string {
  const body = mediaType(answer) === "application/json" ? (parse(answer.body) as Row | null | undefined) : undefined;
  const told = mediaType(answer) === "application/json" ? body?.message : answer.body;
  return typeof told === "string" ? told.trim() : "";
}

/** Returns the images of a listing; nothing if the answer is none. */
function listing(answer: Answer): Row[] | undefined {
  const body = answer.status === 200 && mediaType(answer) === "application/json" ? parse(answer.body) : undefined;
  return Array.isArray(body) && body.every((row) => typeof row?.Id === "string") ? body : undefined;
}

/** Returns a value as JSON, the items of lists and the members of objects being in order. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(text).sort().join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "absent";
  return `{${Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${text(each)}`).sort().join()}}`;
}
