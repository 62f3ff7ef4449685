//! Lists images in every way, and prints what came; see tests/clients/README.md.

use images::apis::configuration::Configuration;
use images::apis::image_api::{image_inspect, image_list};
use images::apis::Error;
use serde_json::{json, Value};

const LABELS: &str = concat!(
    r#"{"dangling":["false"],"#,
    r#""label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}"#
);

type Query = (Option<bool>, Option<&'static str>, Option<&'static str>, Option<bool>);

const STEPS: [(&str, Query); 6] = [
    ("plain", (None, None, None, None)),
    ("all", (Some(true), None, None, None)),
    ("filter", (None, None, Some("busybox"), None)),
    ("dangling", (None, Some(r#"{"dangling":{"true":true}}"#), None, None)),
    ("labels", (None, Some(LABELS), None, None)),
    ("digests", (None, None, None, Some(true))),
];

/// Gives the message of an error, which is JSON or plain text.
fn message(body: &str) -> String {
    match serde_json::from_str::<Value>(body) {
        Ok(told) => told["message"].as_str().unwrap_or_default().to_owned(),
        Err(_) => body.trim().to_owned(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("no address")?;
    let mut configuration = Configuration::new();
    configuration.base_path = format!("{address}/v1.23");
    for (step, (all, filters, filter, digests)) in STEPS {
        let images: Vec<Value> = image_list(&configuration, all, filters, filter, digests)
            .await?
            .into_iter()
            .map(|image| {
                json!({
                    "Id": image.id,
                    "RepoTags": image.repo_tags,
                    "RepoDigests": image.repo_digests.flatten(),
                    "Created": image.created,
                    "Size": image.size,
                    "VirtualSize": image.virtual_size,
                    "Labels": image.labels,
                })
            })
            .collect();
        println!("{}", json!({"step": step, "images": images}));
    }
    let image = image_inspect(&configuration, "localhost:5000/test/busybox:latest").await?;
    println!("{}", json!({"step": "inspect", "Id": image.id, "Size": image.size}));
    match image_list(&configuration, None, Some(r#"{"nosuch":["x"]}"#), None, None).await {
        Err(Error::ResponseError(response)) => {
            let status = response.status.as_u16();
            let told = message(&response.content);
            println!("{}", json!({"step": "error", "status": status, "message": told}));
            Ok(())
        }
        other => Err(format!("no answer with an error, but {other:?}").into()),
    }
}
