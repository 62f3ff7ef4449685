// Lists images in every way, and prints what came; see tests/clients/README.md.
import { Configuration, ImageApi, ResponseError } from "../client";
import type { ImageListRequest } from "../client";

const LABELS =
  '{"dangling":["false"],' +
  '"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}';

const STEPS: [string, ImageListRequest][] = [
  ["plain", {}],
  ["all", { all: true }],
  ["filter", { filter: "busybox" }],
  ["dangling", { filters: '{"dangling":{"true":true}}' }],
  ["labels", { filters: LABELS }],
  ["digests", { digests: true }],
];

/** Gives the message of an error, which is JSON or plain text. */
function message(body: string): string {
  const text = body.trim();
  if (!text.startsWith("{")) {
    return text;
  }
  const told = JSON.parse(text) as { message: string };
  return told.message;
}

async function main(address: string): Promise<void> {
  const api = new ImageApi(new Configuration({ basePath: `${address}/v1.23` }));
  for (const [step, request] of STEPS) {
    const images = (await api.imageList(request)).map((image) => ({
      Id: image.id,
      RepoTags: image.repoTags,
      RepoDigests: image.repoDigests,
      Created: image.created,
      Size: image.size,
      VirtualSize: image.virtualSize,
      Labels: image.labels,
    }));
    console.log(JSON.stringify({ step, images }));
  }
  const image = await api.imageInspect({ name: "localhost:5000/test/busybox:latest" });
  console.log(JSON.stringify({ step: "inspect", Id: image.id, Size: image.size }));
  try {
    await api.imageList({ filters: '{"nosuch":["x"]}' });
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    const { response } = error;
    const told = message(await response.text());
    console.log(JSON.stringify({ step: "error", status: response.status, message: told }));
  }
}

main(process.argv[2] ?? "").catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
