//! Usage: bollard_images URL VERSION PLAN; does what the plan says, and prints what it gets, as JSON.

use std::collections::HashMap;
use std::future::Future;
use std::time::SystemTime;

use bollard::auth::DockerCredentials;
use bollard::errors::Error;
use bollard::query_parameters::{
    CreateImageOptions, DataUsageOptions, EventsOptions, ListContainersOptions, ListImagesOptions,
    PruneImagesOptions, PushImageOptions, RemoveImageOptions, SearchImagesOptions, TagImageOptions,
};
use bollard::{ClientVersion, Docker};
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{json, Map, Value};

#[derive(Deserialize)]
struct Plan {
    repository: String,
    term: String,
    since: String,
}

fn text(value: &str) -> Option<String> {
    Some(value.to_string())
}

fn json<T: Serialize>(value: T) -> Value {
    serde_json::to_value(value).unwrap()
}

fn now() -> String {
    let passed = SystemTime::UNIX_EPOCH.elapsed().unwrap();
    format!("{}.{:09}", passed.as_secs(), passed.subsec_nanos())
}

async fn pull(client: &Docker, repository: &str, tag: &str) -> Result<Value, Error> {
    let options = CreateImageOptions {
        from_image: text(repository),
        tag: text(tag),
        ..Default::default()
    };
    let lines: Vec<_> = client
        .create_image(Some(options), None, None)
        .try_collect()
        .await?;
    Ok(json(lines))
}

async fn failure<T>(work: impl Future<Output = Result<T, Error>>) -> Value {
    match work.await {
        Ok(_) => panic!("it succeeds"),
        Err(Error::DockerResponseServerError {
            status_code,
            message,
        }) => json!({"status": status_code, "message": message}),
        Err(Error::DockerStreamError { error }) => json!({"status": 200, "message": error}),
        Err(error) => panic!("{error}"),
    }
}

async fn answers(client: &Docker, plan: &Plan) -> Result<Map<String, Value>, Error> {
    let mut got = Map::new();
    let mut note = |what: &str, value: Value| got.insert(what.to_string(), value);
    let repository = plan.repository.as_str();
    let name = format!("{repository}:amd64");

    note("pull", pull(client, repository, "amd64").await?);
    note("pullAgain", pull(client, repository, "amd64").await?);
    note("pullFails", failure(pull(client, repository, "nosuch")).await);
    note("inspect", json(client.inspect_image(&name).await?));
    note("inspectFails", failure(client.inspect_image("nosuch:1")).await);
    note("history", json(client.image_history(&name).await?));

    let new = TagImageOptions {
        repo: text(repository),
        tag: text("bollard"),
    };
    client.tag_image(&name, Some(new)).await?;
    let listing = ListImagesOptions {
        digests: true,
        ..Default::default()
    };
    note("list", json(client.list_images(Some(listing)).await?));

    let destination = PushImageOptions {
        tag: text("bollard"),
        ..Default::default()
    };
    let credentials = DockerCredentials {
        username: text("someone"),
        password: text("secret"),
        ..Default::default()
    };
    let pushed: Vec<_> = client
        .push_image(repository, Some(destination), Some(credentials))
        .try_collect()
        .await?;
    note("push", json(pushed));

    let wanted = SearchImagesOptions {
        term: plan.term.clone(),
        ..Default::default()
    };
    note("search", json(client.search_images(wanted).await?));
    let all = ListContainersOptions {
        all: true,
        ..Default::default()
    };
    note("containers", json(client.list_containers(Some(all)).await?));
    note("df", json(client.df(None::<DataUsageOptions>).await?));

    let tagged = format!("{repository}:bollard");
    let removed = client.remove_image(&tagged, None::<RemoveImageOptions>, None);
    note("remove", json(removed.await?));
    let unused = PruneImagesOptions {
        filters: Some(HashMap::from([(
            "dangling".to_string(),
            vec!["false".to_string()],
        )])),
    };
    note("prune", json(client.prune_images(Some(unused)).await?));
    note("left", json(client.list_images(None::<ListImagesOptions>).await?));

    let period = EventsOptions {
        since: text(&plan.since),
        until: Some(now()),
        filters: None,
    };
    let events: Vec<_> = client.events(Some(period)).try_collect().await?;
    note("events", json(events));
    Ok(got)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, url, version, plan] = arguments.as_slice() else {
        panic!("usage: bollard_images URL VERSION PLAN");
    };
    let (major, minor) = version.split_once('.').unwrap();
    let version = ClientVersion {
        major_version: major.parse().unwrap(),
        minor_version: minor.parse().unwrap(),
    };
    let plan: Plan = serde_json::from_str(plan).unwrap();
    let client = Docker::connect_with_http(url, 60, &version).unwrap();
    let got = answers(&client, &plan).await.unwrap();
    println!("{}", Value::Object(got));
}
