// Lists images in every way, and prints what came; see tests/clients/README.md.
import createClient from "openapi-fetch";
import type { operations, paths } from "../client/images.js";

type Query = NonNullable<operations["image_list"]["parameters"]["query"]>;

const LABELS =
  '{"dangling":["false"],' +
  '"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}';

const STEPS: [string, Query][] = [
  ["plain", {}],
  ["all", { all: true }],
  ["filter", { filter: "busybox" }],
  ["dangling", { filters: '{"dangling":{"true":true}}' }],
  ["labels", { filters: LABELS }],
  ["digests", { digests: true }],
];

/** Gives the message of an error, which is JSON or plain text. */
function message(body: unknown): string {
  const text = typeof body === "string" ? body.trim() : JSON.stringify(body);
  if (!text.startsWith("{")) {
    return text;
  }
  const told = JSON.parse(text) as { message: string };
  return told.message;
}

async function main(address: string): Promise<void> {
  const client = createClient<paths>({ baseUrl: `${address}/v1.23` });
  for (const [step, query] of STEPS) {
    const { data } = await client.GET("/images/json", { params: { query } });
    if (data === undefined) {
      throw new Error(step);
    }
    const images = data.map((image) => ({
      Id: image.Id,
      RepoTags: image.RepoTags,
      RepoDigests: image.RepoDigests,
      Created: image.Created,
      Size: image.Size,
      VirtualSize: image.VirtualSize,
      Labels: image.Labels,
    }));
    console.log(JSON.stringify({ step, images }));
  }
  const inspected = await client.GET("/images/{name}/json", {
    params: { path: { name: "localhost:5000/test/busybox:latest" } },
  });
  const image = inspected.data;
  console.log(JSON.stringify({ step: "inspect", Id: image?.Id, Size: image?.Size }));
  const { error, response } = await client.GET("/images/json", {
    params: { query: { filters: '{"nosuch":["x"]}' } },
  });
  console.log(JSON.stringify({ step: "error", status: response.status, message: message(error) }));
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
