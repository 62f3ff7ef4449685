// Drives musterd through the control API, and prints what happens; see tests/clients/README.md.
import { Configuration, ControlApi, ResponseError } from "../client";

type Listing = { RepoTags: string[] }[];

class Scenario {
  constructor(
    private readonly api: ControlApi,
    private readonly docker: string,
  ) {}

  async run(): Promise<void> {
    await this.images();
    await this.faults();
    await this.requests();
    await this.grease();
    await this.engines();
    await this.reset();
  }

  /** Stands in for the client under test. */
  private get(target: string): Promise<Response> {
    return fetch(`${this.docker}${target}`);
  }

  private async names(): Promise<string[]> {
    const listed = (await (await this.get("/images/json")).json()) as Listing;
    return listed.flatMap((image) => image.RepoTags).sort();
  }

  private async showImages(step: string): Promise<void> {
    write(step, { names: await this.names() });
  }

  private async showEngine(step: string): Promise<void> {
    const { engine, apiMin, apiMax, departures } = await this.api.getEngine();
    const told = (await (await this.get("/version")).json()) as { ApiVersion: string };
    const range = { api_min: apiMin, api_max: apiMax, api_version: told.ApiVersion };
    write(step, { engine, departures, ...range });
  }

  private async images(): Promise<void> {
    await this.api.clearImages();
    await this.showImages("clear images");
    const base = { names: ["base:1"], size: "5MB" };
    const labels = { stage: "test" };
    const app = { names: ["app:1", "app:latest"], parent: "base:1", labels, digest: true };
    const added = await this.api.addImages({ seed: { images: [base, app] } });
    write("add images", { ids: added.ids.length, names: await this.names() });
  }

  private async statuses(step: string, count: number): Promise<void> {
    const statuses: number[] = [];
    for (let sent = 0; sent < count; sent += 1) {
      statuses.push((await this.get("/v1.43/images/json")).status);
    }
    write(step, { statuses });
  }

  private async faults(): Promise<void> {
    await this.api.addFault({ fault: { status: 503, times: 1, path: "/images/*" } });
    await this.statuses("add a fault", 2);
    await this.api.addFault({ fault: { status: 503 } });
    await this.api.clearFaults();
    await this.statuses("clear faults", 1);
  }

  private async requests(): Promise<void> {
    await this.api.clearRequests();
    await this.get("/v1.43/images/json?al=1");
    const { requests } = await this.api.listRequests();
    const [request] = requests;
    if (request === undefined || requests.length !== 1) {
      throw new Error(`${requests.length} requests`);
    }
    const { method, path, apiVersion, query, status, duration, problems } = request;
    const answered = duration !== null;
    write("requests", { method, path, api_version: apiVersion, query, status, answered, problems });
  }

  private async engines(): Promise<void> {
    await this.showEngine("engine");
    const engine = { engine: "podman-5.8", apiMax: "1.42", departures: ["LIST-EMPTY"] };
    await this.api.setEngine({ engine });
    await this.showEngine("set the engine");
    try {
      await this.api.setEngine({ engine: { engine: "nosuch" } });
    } catch (error) {
      if (!(error instanceof ResponseError)) {
        throw error;
      }
      const told = (await error.response.json()) as { message: string };
      const message = told.message.slice(0, "there is no engine 'nosuch'".length);
      write("refused", { status: error.response.status, message });
    }
  }

  private async grease(): Promise<void> {
    for (const seed of [7, null]) {
      await this.api.setGrease({ grease: { seed } });
    }
    await this.showImages("grease");
  }

  private async reset(): Promise<void> {
    await this.api.reset();
    const { requests } = await this.api.listRequests();
    write("reset", { requests: requests.length });
    await this.showImages("images after the reset");
    await this.showEngine("engine after the reset");
  }
}

function write(step: string, values: object): void {
  console.log(JSON.stringify({ step, ...values }));
}

const [, , control = "", docker = ""] = process.argv;
const api = new ControlApi(new Configuration({ basePath: control }));
new Scenario(api, docker).run().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
